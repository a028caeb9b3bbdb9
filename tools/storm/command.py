"""`kem storm`: faults at random on a running day, then the account of it."""

import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tools.check.report import check_database
from tools.demo.day import Day, DayPlan
from tools.demo.ledger import Ledger
from tools.demo.rest import RESTING, Rest, until_at_rest
from tools.demo.verdict import verdict_of
from tools.hub import Doors, Hub
from tools.stack.run_file import read_run
from tools.storm.faults import FAULTS, draw
from tools.storm.figures import Figures, Log, seconds
from tools.storm.recovery import Watch
from tools.storm.stormy_stack import StormyStack, stormy_stack

AGENCIES: Final = 24
MEDIAN_ANSWER_SECONDS: Final = 0.4
CALM_SECONDS: Final = 1.0
"""On average between a recovery and the next strike."""
TWO_AT_ONCE: Final = 0.25
"""How often a second fault strikes while the first one lasts."""
REST_PATIENCE_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long it storms, and over what."""

    minutes: float
    seed: int
    rate: float
    """Needs a second."""
    broker: str


def run(plan: Plan, *, as_json: bool) -> bool:
    """The command's body; answers whether everything held."""
    console = Console(stderr=True, highlight=False, quiet=as_json and not sys.stderr.isatty())
    figures = asyncio.run(_storm(plan, console))
    if as_json:
        print(json.dumps(figures.as_json(), indent=2))
    else:
        figures.show(Console(highlight=False))
    return figures.is_good


async def _storm(plan: Plan, console: Console) -> Figures:
    def say(sentence: str) -> None:
        console.print(f"[dim]{time.strftime('%H:%M:%S')} {sentence}[/]")

    with tempfile.TemporaryDirectory(prefix="kem-storm-") as folder:
        async with stormy_stack(Path(folder), plan.broker, say) as stormy:
            hub = Hub(Doors.of(stormy.stack.layout))
            try:
                return await _days(plan, stormy, hub, console)
            finally:
                await hub.close()


async def _days(plan: Plan, stormy: StormyStack, hub: Hub, console: Console) -> Figures:
    """People come for as long as it storms; then everybody comes to rest, and the account is made."""
    needs = max(1, int(plan.minutes * 60 * plan.rate))
    day = Day(hub, DayPlan(needs, AGENCIES, plan.seed, plan.rate, MEDIAN_ANSWER_SECONDS))
    log = Log()
    began = time.monotonic()
    with _progress(console) as progress:
        bar = progress.add_task("", total=plan.minutes * 60)

        def tell() -> None:
            progress.update(
                bar,
                completed=min(time.monotonic() - began, plan.minutes * 60),
                description=f"{log.all_faults} faults, {len(day.ledger.needs)} needs",
            )

        storming = asyncio.create_task(
            _strike_until(began + plan.minutes * 60, plan, stormy, hub, day, log, tell)
        )
        try:
            async with day.played(lambda _: tell()) as ledger:
                await storming
                lasted = time.monotonic() - began
                progress.update(bar, description="until everything has come to rest")
                rest = await _rest(hub, day, ledger)
        finally:
            storming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await storming
    return await _account(plan, stormy, hub, ledger, rest, log, lasted / 60)


async def _strike_until(
    end: float, plan: Plan, stormy: StormyStack, hub: Hub, day: Day, log: Log, tell: Callable[[], None]
) -> None:
    while day.directory is None:  # noqa: ASYNC110 (the day begins in another task)
        await asyncio.sleep(0.1)
    watch = Watch(hub, day.directory.kem())
    dice = random.Random(plan.seed)  # noqa: S311  a storm, not a secret
    while time.monotonic() < end:
        await asyncio.sleep(dice.expovariate(1 / CALM_SECONDS))
        since = time.monotonic()
        at_once = 2 if dice.random() < TWO_AT_ONCE else 1
        strikes = [_strike(stormy, random.Random(dice.random()), log) for _ in range(at_once)]  # noqa: S311  as above
        struck = " and ".join(await asyncio.gather(*strikes))
        tell()
        log.recovered(struck, await watch.recovery(since))
        tell()


async def _strike(stormy: StormyStack, dice: random.Random, log: Log) -> str:
    """One fault; its own dice, so that two at once draw the same however they take turns."""
    kind = draw(dice)
    log.faults[kind] += 1
    what = await FAULTS[kind][0](stormy, dice)
    return f"{kind} ({what})"


async def _rest(hub: Hub, day: Day, ledger: Ledger) -> Rest:
    connection = await asyncpg.connect(hub.doors.check_url)
    try:
        return await until_at_rest(
            connection,
            lambda: [need.referral_id for need in ledger.needs.values()],
            day.is_done,
            RESTING,
            REST_PATIENCE_SECONDS,
            lambda rest: None,
        )
    finally:
        await connection.close()


async def _account(
    plan: Plan, stormy: StormyStack, hub: Hub, ledger: Ledger, rest: Rest, log: Log, minutes: float
) -> Figures:
    connection = await asyncpg.connect(hub.doors.check_url)
    try:
        verdict = await verdict_of(connection, ledger)
    finally:
        await connection.close()
    report = await check_database(hub.doors.check_url)
    ran = read_run(stormy.stack.layout)
    stuck = 0 if rest.is_complete else max(1, rest.unresolved)
    return Figures(
        seed=plan.seed,
        minutes=round(minutes, 1),
        faults=dict(log.faults),
        faults_in_all=log.all_faults,
        needs_recorded=len(ledger.needs),
        states=rest.states,
        offers_sent=verdict.totals["offers_sent"],
        lost={name: number for name, number in verdict.lost.items() if number},
        doubled={name: number for name, number in verdict.doubled.items() if number},
        violations={one.id: one.violations for one in report.findings if one.violations},
        still_under_way=stuck,
        recoveries_not_in_time=log.not_in_time,
        seconds_to_serve_again=seconds(log.serving_seconds),
        seconds_to_lag_0=seconds(log.caught_up_seconds),
        restarts={part.name: part.restarts for part in stormy.stack.parts.values()},
        broker_refills=ran.replays if ran is not None else 0,
    )


def _progress(console: Console) -> Progress:
    return Progress(
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
