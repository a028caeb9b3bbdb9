"""How each service stands, what waits, and what could not be taken: for operators."""

import asyncio
from collections.abc import Sequence
from datetime import UTC
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from starlette.responses import Response

from kem.chassis.v1 import operations_service_pb2 as messages
from kernel.errors import Conflict, Invalid, NotFound, RuleBroken, Unavailable
from kernel.vocabulary import Role
from services.console.entrypoints.forms import Form
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.refusals import words_for

OPERATORS: Final = frozenset({Role.OPERATOR})
_SERVICE: Final = "OperationsService/"
_LETTERS_PAGE: Final = 50
_MOST_DIGITS: Final = 18
_MOST_UNREAD: Final = 500
"""Events behind in one place: a service counts no further."""


async def health(visit: Visit) -> Response:
    """How each service stands, all asked at once, and then how far readers are behind in it.

    The second time rests on what all have answered the first time; each is asked about its own log alone.
    """
    doors = visit.hub.operations
    stands = await asyncio.gather(*(_stand(visit, name, []) for name in doors))
    reached = [one for stand in stands if stand is not None for one in stand.consumers]
    stands = await asyncio.gather(
        *(_stand(visit, name, [one for one in reached if one.source == name]) for name in doors)
    )
    lags: dict[tuple[str, str], list[messages.UnreadEvents]] = {}
    for stand in stands:
        for one in stand.unread if stand is not None else ():
            lags.setdefault((one.reached.consumer, one.reached.source), []).append(one)
    return visit.render(
        "admin/health.html",
        title=visit.say("Health"),
        services=[_row(name, stand) for name, stand in zip(doors, stands, strict=True)],
        lags=[
            (
                consumer,
                source,
                sum(one.unread for one in found),
                any(one.unread >= _MOST_UNREAD for one in found),
                max(one.seconds_behind for one in found),
            )
            for (consumer, source), found in sorted(lags.items())
        ],
    )


async def _stand(
    visit: Visit, name: str, reached: Sequence[messages.ReachedPosition]
) -> messages.GetOperationsResponse | None:
    """None where it does not answer."""
    try:
        request = messages.GetOperationsRequest(reached=reached)
        found: messages.GetOperationsResponse = await visit.ask(
            visit.hub.operations[name].GetOperations, request
        )
    except Unavailable:
        return None
    return found


def _row(name: str, stand: messages.GetOperationsResponse | None) -> dict[str, Any]:
    if stand is None:
        return {"name": name, "answers": False}
    return {
        "name": name,
        "answers": True,
        "serving": stand.serving,
        "why": stand.not_serving_reason,
        "release": stand.release_version,
        "revision": stand.revision[:8],
        "outbox": stand.outbox_events,
        "oldest": round(stand.oldest_unpublished_seconds),
        "logged": stand.logged_position,
        "published": stand.published_position,
        "letters": stand.open_dead_letters,
    }


async def letters(visit: Visit) -> Response:
    """What a service could not take: to be taken again, or discarded with a reason."""
    name, form = visit.path_value("service"), visit.form
    door = visit.hub.operations.get(name)
    if door is None:
        raise NotFound("There is no such service.")
    settled: Sequence[messages.SettledLetter] = ()
    after, request_id = _number(visit.query("after")), form.request_id
    chosen = [found for one in form.all("letters") if (found := _number(one))][:200]
    if visit.is_sent:
        if not chosen:
            visit.errors.add("letters", visit.say("Tick at least one."))
        elif form.has("discard") and len(form.text("reason")) < 3:
            visit.errors.add("reason", visit.say("Write why it is discarded."))
        else:
            try:
                settled = await _settle(visit, door, chosen, request_id)
            except (Invalid, Conflict, RuleBroken) as error:
                visit.errors.add("letters", str(words_for(error, visit.language)))
                if error.stable_reason == "REQUEST_ID_REUSED":  # the page of a form that was sent before
                    request_id = str(uuid4())
            else:  # the form that the page shows now is another one
                request_id, chosen, visit.form = str(uuid4()), [], Form()
    listed = await visit.ask(
        door.ListDeadLetters,
        messages.ListDeadLettersRequest(after_letter_id=after, page_size=_LETTERS_PAGE),
    )
    return visit.render(
        "admin/letters.html",
        title=visit.say("What %(service)s could not take") % {"service": name},
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        first=f"/admin/health/{name}",
        here=f"/admin/health/{name}?after={after}" if after else f"/admin/health/{name}",
        is_first=not after,
        request_id=request_id,
        ticked=chosen,
        settled=len(settled),
        refused=[one for one in settled if one.refusal],
        letters=[
            {
                "id": one.letter_id,
                "consumer": one.consumer,
                "topic": one.topic,
                "type": one.type,
                "reason": one.reason,
                "size": one.size,
                "tries": one.tries,
                "time": one.dead_letter_time.ToDatetime(tzinfo=UTC),
                "is_asked": one.state == messages.DeadLetterState.DEAD_LETTER_STATE_ASKED,
            }
            for one in listed.letters
        ],
        onward=listed.next_after_letter_id if listed.HasField("next_after_letter_id") else 0,
    )


async def _settle(
    visit: Visit, door: Any, chosen: list[int], request_id: str
) -> Sequence[messages.SettledLetter]:
    request: Any
    if visit.form.has("discard"):
        method = door.DiscardDeadLetters
        request = messages.DiscardDeadLettersRequest(
            request_id=request_id, letter_ids=chosen, reason=visit.form.text("reason")[:200]
        )
    else:
        method = door.RedriveDeadLetters
        request = messages.RedriveDeadLettersRequest(request_id=request_id, letter_ids=chosen)
    answer = await visit.ask(method, request)
    found: Sequence[messages.SettledLetter] = answer.letters
    return found


def _number(text: str) -> int:
    """A letter's number; 0 where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else 0


PAGES: Final = (
    Page(
        "/admin/health",
        health,
        OPERATORS,
        (_SERVICE + "GetOperations",),
        nav=NavigationEntry("Health", 80),
    ),
    Page(
        "/admin/health/{service}",
        letters,
        OPERATORS,
        (
            _SERVICE + "ListDeadLetters",
            _SERVICE + "RedriveDeadLetters",
            _SERVICE + "DiscardDeadLetters",
        ),
        ("GET", "POST"),
    ),
)
