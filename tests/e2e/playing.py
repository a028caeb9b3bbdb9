"""Days at a running hub, played by the demo's own people while a test breaks things."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import asyncpg

from tools.check.report import Report, check_database
from tools.demo.day import Day, DayPlan
from tools.demo.ledger import Ledger
from tools.demo.rest import RESTING, Rest, until_at_rest
from tools.demo.verdict import Verdict, verdict_of
from tools.hub import Doors, Hub

PATIENCE_SECONDS: Final = 180.0
QUICK_ANSWER_SECONDS: Final = 0.3

Meanwhile = Callable[[Ledger], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a day came to: the clients' own notes, the databases, and the independent check."""

    ledger: Ledger
    rest: Rest
    are_clients_idle: bool
    verdict: Verdict
    report: Report

    @property
    def complaints(self) -> list[str]:
        """Everything that is not as it must be, in words; empty after a good day."""
        found = [f"{name}: {number} lost" for name, number in self.verdict.lost.items() if number]
        found += [f"{name}: {number} doubled" for name, number in self.verdict.doubled.items() if number]
        found += [str(finding) for finding in self.report.findings if finding.violations]
        if not self.rest.is_complete:
            found.append(f"did not come to rest: {self.rest}")
        if not self.are_clients_idle:
            found.append("clients still wait for an answer")
        if sum(self.rest.states.values()) != len(self.ledger.needs):
            found.append(f"{len(self.ledger.needs)} needs, but {self.rest.states}")
        return found


async def nothing_happens(ledger: Ledger) -> None:
    """A quiet day."""


async def play(
    doors: Doors, needs: int, *, seed: int, rate: float | None = None, meanwhile: Meanwhile = nothing_happens
) -> Outcome:
    """Plays a day to its rest; `meanwhile` runs beside it from the first person on."""
    hub = Hub(doors)
    day = Day(hub, DayPlan(needs, 12, seed, rate, QUICK_ANSWER_SECONDS))
    trouble = asyncio.ensure_future(meanwhile(day.ledger))
    try:
        async with day.played(lambda number: None) as ledger:
            await trouble
            connection = await asyncpg.connect(doors.check_url)
            rest = await until_at_rest(
                connection,
                lambda: [need.referral_id for need in ledger.needs.values()],
                day.is_done,
                RESTING,
                PATIENCE_SECONDS,
                lambda rest: None,
            )
            are_clients_idle = day.is_idle
            # while they still listen: a hub at rest may yet tell them what time brings
            verdict = await verdict_of(connection, ledger)
        await connection.close()
        return Outcome(ledger, rest, are_clients_idle, verdict, await check_database(doors.check_url))
    finally:
        trouble.cancel()
        await hub.close()
