"""The story: somebody who has found a paper, or guesses codes, measures how long each answer takes.
The breakage: a code that there is, or was, takes a longer way than one that there is not.
What must still hold: every code is answered after the same time, a wrong PIN in the words of an unknown code.
"""

import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg

from kem.disclosure.v1 import receipt_service_pb2 as messages
from services.intake.domain.receipt_code import new_code
from tests.component.referral.city import City
from tests.component.referral.conftest import city  # noqa: F401  a fixture
from tests.component.referral.receipt_door import check, doors, erase, issue
from tests.deep.test_time_classes import MOST, say
from tests.support.refusals import refused

CALLS: Final = 40

Kinds = dict[str, Callable[[], str]]


async def medians(ask: Callable[[str], Awaitable[Any]], kinds: Kinds) -> dict[str, float]:
    """Milliseconds by kind; in turns, so that load falls on all alike."""
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(CALLS):
        for kind, code in kinds.items():
            typed = code()
            began = time.perf_counter()
            await ask(typed)
            took[kind].append((time.perf_counter() - began) * 1000)
    return {kind: round(statistics.median(times), 2) for kind, times in took.items()}


async def test_every_code_is_answered_after_the_same_time(city: City) -> None:  # noqa: F811  the fixture
    person, gone = await city.desk.person(), await city.desk.person()
    async with doors(city) as (staff, anybody):
        revoked, valid = await staff.IssueReceipt(issue(person)), await staff.IssueReceipt(issue(person))
        erased = await staff.IssueReceipt(issue(gone))
        await erase(city, gone)
        kinds: Kinds = {
            "valid": lambda: valid.code,
            "revoked": lambda: revoked.code,
            "erased": lambda: erased.code,
            "unknown": new_code,
            "mistyped": lambda: "x" * 20,
        }
        took = await medians(lambda code: anybody.CheckReceipt(check(code)), kinds)
        say(f"CheckReceipt, ms: {took}")
        assert max(took.values()) / min(took.values()) < MOST


async def test_a_wrong_pin_is_answered_in_the_words_of_an_unknown_code(
    city: City,  # noqa: F811  the fixture
) -> None:
    """Its time may differ: CheckReceipt tells anybody whether there is such a code."""
    answers: dict[str, set[tuple[Any, ...]]] = {"wrong": set(), "unknown": set()}
    connection = await asyncpg.connect(city.database.superuser_url)
    try:
        async with doors(city) as (staff, anybody):
            await connection.execute("delete from intake.receipt_check")
            valid = await staff.IssueReceipt(issue(await city.desk.person()))

            async def read(code: str) -> None:
                with refused() as refusal:
                    await anybody.ReadReceipt(messages.ReadReceiptRequest(code=code, pin="x"))
                kind = "wrong" if code == valid.code else "unknown"
                answers[kind].add((refusal.code, refusal.reason, refusal.message, str(refusal.metadata)))
                await connection.execute("update intake.receipt set wrong_pins = 0")

            took = await medians(read, {"wrong": lambda: valid.code, "unknown": new_code})
            say(f"ReadReceipt, ms: {took}")
    finally:
        await connection.execute("delete from intake.receipt_check")
        await connection.close()
    assert answers["wrong"] == answers["unknown"]
    assert len(answers["wrong"]) == 1
