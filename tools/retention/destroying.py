"""Has what is due destroyed, some people at a time, in the name of whoever is signed in."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

import typer

from kem.intake.v1 import retention_service_pb2 as messages
from tools.login.kept import signed_in_at
from tools.office import Answer, Office
from tools.operate.progress import Bar
from tools.retention.looking import ask
from tools.stack.failure import StackFailure
from tools.stack.layout import DATA, Layout

_ASSERTION_SECONDS: Final = 60
"""So often it is asked anew who is signed in: the hub believes it for some minutes only."""

_AT_ONCE: Final = 100
"""People in one commit: whoever works with one of them waits for it."""


async def destroy(office: Office, reason: str, *, asks: bool) -> Answer:
    """Everything that is due when it is called, and what falls due meanwhile.

    Broken off, it may be run again: what is gone is gone, and the rest waits.

    Raises:
        StackFailure: nobody can be asked, or the answer is no.
        Refused: in the hub's own words.
    """
    found = await ask(office)
    if not found.waiting_people:
        return Answer(["Nothing can be destroyed: nothing is due that is not held back."], _as_dict(found))
    if asks:
        _ask_back(found.waiting_people)
    done: Counter[tuple[str, ...]] = Counter()
    people = erased = unreadable = 0
    caller_since = time.monotonic()
    with Bar("destroying what is due") as bar:
        while True:
            if time.monotonic() - caller_since > _ASSERTION_SECONDS:
                office = Office(office.hub, await signed_in_at(office.hub, Layout(DATA)))
                caller_since = time.monotonic()
            request = messages.DestroyDueRequest(
                request_id=str(uuid4()),
                rules_version=found.rules_version,
                words=reason,
                most_people=_AT_ONCE,
            )
            answer = await office(office.hub.retention.DestroyDue, request)
            people, erased = people + answer.destroyed_people, erased + answer.erased_people
            unreadable += answer.unreadable_people
            for one in answer.destroyed:
                done[tuple(one.categories)] += one.people
            bar.show(people, people + answer.waiting_people)
            if not answer.waiting_people:
                break
    return Answer(
        list(_told(people, erased, unreadable, done)), _as_dict(found, people, erased, unreadable, done)
    )


def _ask_back(people: int) -> None:
    warning = f"What is due of {people:,} people is destroyed for good; no backup brings it back."
    if not sys.stdin.isatty():
        raise StackFailure(f"{warning} Say --yes where nobody can be asked.", 2)
    if not typer.confirm(f"{warning} Destroy it?", err=True):
        raise StackFailure("Nothing was destroyed.", 1)


def _told(people: int, erased: int, unreadable: int, done: Counter[tuple[str, ...]]) -> Iterator[str]:
    yield f"Of {people:,} people something was destroyed:"
    for categories, count in done.items():
        yield f"  {', '.join(categories)}: {count:,} people"
    if erased:
        yield f"{erased:,} of them are erased whole; agencies are asked for what they were given."
    if unreadable:
        yield (
            f"The records of {unreadable:,} of them cannot be read: what was due of them is gone, the rest"
            " lies as it did (docs/runbooks/retention-overdue.md)."
        )
    yield "Older backups can still be opened for it until ./kem keys roll."


def _as_dict(
    found: messages.GetRetentionResponse,
    people: int = 0,
    erased: int = 0,
    unreadable: int = 0,
    done: Counter[tuple[str, ...]] | None = None,
) -> dict[str, object]:
    return {
        "rules_version": found.rules_version,
        "destroyed_people": people,
        "erased_people": erased,
        "unreadable_people": unreadable,
        "destroyed": [
            {"categories": list(categories), "people": count} for categories, count in (done or {}).items()
        ],
    }
