"""The forms about complaints: what was typed, as a request, and what becomes of it when it is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from kem.disclosure.v1 import complaint_service_pb2 as messages
from kernel.errors import Conflict, Exhausted, Invalid, RuleBroken, Unavailable
from services.console.entrypoints.forms import as_instant
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.complaints.words import FINDINGS, MOST_LETTERS
from services.console.entrypoints.refusals import words_for

_MINUTE: Final = timedelta(minutes=1)
_FIRST_YEAR: Final = 1900
_OF_A_TIME: Final = frozenset(
    {"HAPPENED_IN_FUTURE", "PERSON_NOT_TOLD", "TIME_OUT_OF_RANGE", "TOLD_BEFORE_ASKED"}
)
"""Refusals that are about a time in the form."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a form: the answer, None where there is none; and the code of the page that says so."""

    answer: Any
    code: HTTPStatus


def words_typed(visit: Visit, ask: str) -> str:
    """What was written, which has to be there.

    Args:
        ask: what is said where it is not.
    """
    found = visit.form.text("words")
    if not found:
        visit.errors.add("words", ask)
    elif len(found) > MOST_LETTERS:
        visit.errors.add("words", visit.say("That is too long: at most 4,000 characters."))
    return found


def instant_typed(visit: Visit, name: str) -> datetime | None:
    """The beginning of the minute that was typed: a form sent twice says the same. None where none was."""
    found = as_instant(visit.form.text(f"{name}_day"), visit.form.text(f"{name}_clock"))
    if found is None or found.year < _FIRST_YEAR:
        visit.errors.add(f"{name}_day", visit.say("Type the date as day/month/year, the time as 14:30."))
        return None
    return found


def answer_typed(visit: Visit, complaint_id: str) -> messages.AnswerComplaintRequest:
    """The answer, with whatever is wrong noted at its field."""
    form, say = visit.form, visit.say
    finding = form.text("finding")
    if finding not in FINDINGS:
        visit.errors.add("finding", say("Say what was found."))
    request = messages.AnswerComplaintRequest(
        request_id=form.request_id,
        complaint_id=complaint_id,
        finding=messages.ComplaintFinding.Value(
            f"COMPLAINT_FINDING_{finding if finding in FINDINGS else 'UNSPECIFIED'}"
        ),
        words=words_typed(visit, say("Write what was found and done.")),
    )
    if form.text("told_day") or form.text("told_clock"):
        told = instant_typed(visit, "told")
        if told is not None:
            request.person_told_time.FromDatetime(_not_before(told, form.text("received")))
    return request


def _not_before(told: datetime, received: str) -> datetime:
    """The minute stands for all of it: whoever complained and was told within one was told afterwards."""
    try:
        came = datetime.fromisoformat(received)
    except ValueError:
        return told
    return came if came.tzinfo is not None and told < came < told + _MINUTE else told


async def send(visit: Visit, method: Callable[..., Any], request: Any, time_field: str) -> Sent:
    """Sends a form; what was refused is noted at its field, and the form can be sent again as it is.

    Args:
        time_field: the field of the time in it.
    """
    try:
        return Sent(await visit.ask(method, request), HTTPStatus.OK)
    except (Unavailable, Exhausted, Invalid, RuleBroken, Conflict) as error:
        at = time_field if error.stable_reason in _OF_A_TIME else ""
        visit.errors.add(at, str(words_for(error, visit.language)))
        if isinstance(error, Unavailable):
            return Sent(None, HTTPStatus.SERVICE_UNAVAILABLE)
        is_too_much = isinstance(error, Exhausted)
        return Sent(None, HTTPStatus.TOO_MANY_REQUESTS if is_too_much else HTTPStatus.BAD_REQUEST)
