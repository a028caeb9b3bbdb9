"""One storm: people come, faults strike, everybody comes to rest, and the account is made."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import asyncpg
import grpc

from tools.check.report import check_database
from tools.demo.day import Day, DayPlan
from tools.demo.rest import RESTING, Rest, until_at_rest
from tools.demo.verdict import verdict_of
from tools.hub import Hub
from tools.stack.run_file import read_run
from tools.storm.faults import FAULTS, draw
from tools.storm.figures import Figures, Log, seconds
from tools.storm.recovery import Recovery, Watch
from tools.storm.stormy_stack import StormyStack

AGENCIES: Final = 24
MEDIAN_ANSWER_SECONDS: Final = 0.4
CALM_SECONDS: Final = 1.0
"""On average between a recovery and the next strike."""
TWO_AT_ONCE: Final = 0.25
"""How often a second fault strikes while the first one lasts."""
REST_PATIENCE_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long it storms, and over what; `rate` is needs a second."""

    minutes: float
    seed: int
    rate: float
    broker: str


class Storm:
    """Passes once over a running hub.

    Args:
        say: told of each strike and each recovery, in one sentence.
        tell: told how many seconds have passed, and what has happened so far.
    """

    def __init__(
        self,
        plan: Plan,
        stormy: StormyStack,
        hub: Hub,
        say: Callable[[str], None],
        tell: Callable[[float, str], None],
    ) -> None:
        self._plan, self._stormy, self._hub, self._say, self._tell = plan, stormy, hub, say, tell
        needs = max(1, int(plan.minutes * 60 * plan.rate))
        self._day = Day(hub, DayPlan(needs, AGENCIES, plan.seed, plan.rate, MEDIAN_ANSWER_SECONDS))
        self._log = Log()
        self._began = time.monotonic()

    async def pass_over(self) -> Figures:
        """Returns the account, also where a client waited in vain."""
        striking = asyncio.create_task(self._strike_until(self._began + self._plan.minutes * 60))
        rest = None
        try:
            async with self._day.played(lambda _: self._tell_progress()):
                await striking
                self._tell(self._plan.minutes * 60, "until everything has come to rest")
                self._say("It is calm again.")
                rest = await self._until_rest()
        except grpc.aio.AioRpcError as error:
            self._log.not_in_time.append(f"a client that asked again and again: {error.code().name}")
        finally:
            striking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await striking
        return await self._account(rest)

    def _tell_progress(self) -> None:
        passed = min(time.monotonic() - self._began, self._plan.minutes * 60)
        self._tell(passed, f"{self._log.all_faults} faults, {len(self._day.ledger.needs)} needs")

    async def _strike_until(self, end: float) -> None:
        while self._day.directory is None:  # noqa: ASYNC110 (the day begins in another task)
            await asyncio.sleep(0.1)
        watch = Watch(self._hub, self._day.directory.kem())
        dice = random.Random(self._plan.seed)  # noqa: S311  a storm, not a secret
        while time.monotonic() < end:
            await asyncio.sleep(dice.expovariate(1 / CALM_SECONDS))
            since = time.monotonic()
            at_once = 2 if dice.random() < TWO_AT_ONCE else 1
            own_dice = [random.Random(dice.random()) for _ in range(at_once)]  # noqa: S311  as above
            struck = " and ".join(await asyncio.gather(*map(self._strike, own_dice)))
            recovery = await watch.recovery(since)
            self._log.recovered(struck, recovery)
            self._say(f"{struck}: {_in_words(recovery)}.")
            self._tell_progress()

    async def _strike(self, dice: random.Random) -> str:
        """One fault; its own dice, so that two at once draw the same however they take turns."""
        kind = draw(dice)
        self._log.faults[kind] += 1
        self._tell_progress()
        what = await FAULTS[kind][0](self._stormy, dice)
        return f"{kind} ({what})"

    async def _until_rest(self) -> Rest:
        connection = await asyncpg.connect(self._hub.doors.check_url)
        try:
            return await until_at_rest(
                connection,
                self._referral_ids,
                self._day.is_done,
                RESTING,
                REST_PATIENCE_SECONDS,
                lambda rest: None,
            )
        finally:
            await connection.close()

    def _referral_ids(self) -> list[str]:
        return [need.referral_id for need in self._day.ledger.needs.values()]

    async def _account(self, rest: Rest | None) -> Figures:
        minutes = (time.monotonic() - self._began) / 60
        ledger, log = self._day.ledger, self._log
        connection = await asyncpg.connect(self._hub.doors.check_url)
        try:
            verdict = await verdict_of(connection, ledger)
        finally:
            await connection.close()
        report = await check_database(self._hub.doors.check_url)
        ran = read_run(self._stormy.stack.layout)
        is_at_rest = rest is not None and rest.is_complete
        return Figures(
            seed=self._plan.seed,
            broker=self._plan.broker,
            minutes=round(minutes, 1),
            faults=dict(log.faults),
            faults_in_all=log.all_faults,
            needs_recorded=len(ledger.needs),
            states=rest.states if rest is not None else {},
            offers_sent=verdict.totals["offers_sent"],
            lost={name: number for name, number in verdict.lost.items() if number},
            doubled={name: number for name, number in verdict.doubled.items() if number},
            violations={one.id: one.violations for one in report.findings if one.violations},
            still_under_way=0 if is_at_rest else max(1, rest.unresolved if rest is not None else 0),
            recoveries_not_in_time=log.not_in_time,
            seconds_to_serve_again=seconds(log.serving_seconds),
            seconds_to_lag_0=seconds(log.caught_up_seconds),
            restarts={part.name: part.restarts for part in self._stormy.stack.parts.values()},
            broker_refills=ran.replays if ran is not None else 0,
        )


def _in_words(recovery: Recovery) -> str:
    if recovery.serving_seconds is None:
        return "it does not serve again"
    if recovery.caught_up_seconds is None:
        return f"serving again after {recovery.serving_seconds:.1f} s, but somebody stays behind"
    return (
        f"serving again after {recovery.serving_seconds:.1f} s, nobody behind after"
        f" {recovery.caught_up_seconds:.1f} s"
    )
