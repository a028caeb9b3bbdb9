"""`kem demo`: plays a day and says what it came to."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tools.check.report import Report, check_database
from tools.demo.day import Day, DayPlan, Directory
from tools.demo.fresh import fresh_hub
from tools.demo.ledger import Ledger
from tools.demo.rest import ON_REAL_CLOCKS, RESTING, Rest, until_at_rest
from tools.demo.summary import Summary, percentiles
from tools.demo.verdict import Verdict, verdict_of
from tools.hub import Doors, Hub
from tools.stack.layout import DATA, Layout
from tools.stack.servers import ServersAsked

_PATIENCE_SECONDS = 180.0
_QUICK_ANSWER_SECONDS = 0.4


async def play(plan: DayPlan, fresh: ServersAsked | None, *, as_json: bool) -> bool:
    """Plays the plan, prints what it came to, and answers whether everything held.

    Args:
        fresh: on what a hub of its own is to run; None plays at the one that runs here.

    Raises:
        StackFailure: no hub runs here, or a fresh one could not start.
    """
    console = Console(stderr=True, quiet=as_json and not sys.stderr.isatty())
    async with _doors(fresh, lambda sentence: console.print(f"[dim]{sentence}[/]", highlight=False)) as doors:
        summary = await day_at(doors, plan, ON_REAL_CLOCKS if fresh is None else RESTING, console)
    if as_json:
        print(json.dumps(summary.as_json(), indent=2))
    else:
        summary.show(Console())
    return summary.is_good


@contextlib.asynccontextmanager
async def _doors(fresh: ServersAsked | None, say: Callable[[str], None]) -> AsyncIterator[Doors]:
    if fresh is None:
        yield Doors.of(Layout(DATA))
        return
    async with fresh_hub(say, fresh) as doors:
        yield doors


async def day_at(doors: Doors, plan: DayPlan, resting: frozenset[str], console: Console) -> Summary:
    """One day at a running hub, from the first person to the last answer, with the verdict on it."""
    hub = Hub(doors)
    connection = await asyncpg.connect(doors.check_url)
    try:
        day = Day(hub, plan)
        began = time.monotonic()
        with _progress(console) as progress:
            people = progress.add_task("people come", total=plan.needs)
            answers = progress.add_task("agencies answer", total=plan.needs)
            async with day.played(lambda number: progress.advance(people, number)) as ledger:
                recorded_seconds = time.monotonic() - began

                def tell(rest: Rest) -> None:
                    progress.update(answers, completed=len(ledger.needs) - rest.unresolved)

                rest = await until_at_rest(
                    connection,
                    lambda: [need.referral_id for need in ledger.needs.values()],
                    day.is_done,
                    resting,
                    _PATIENCE_SECONDS,
                    tell,
                )
                # while they still listen: a hub at rest may yet tell them what time brings
                verdict = await verdict_of(connection, ledger)
        report = await check_database(doors.check_url)
        _explain(console, rest, verdict, report, ledger)
        seconds = time.monotonic() - began
        return _summary(day.directory, ledger, rest, verdict, report.violations, recorded_seconds, seconds)
    finally:
        await connection.close()
        await hub.close()


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _explain(console: Console, rest: Rest, verdict: Verdict, report: Report, ledger: Ledger) -> None:
    """Says on stderr where anything went wrong, so that it can be found."""
    if not rest.is_complete:
        console.print(
            f"[yellow]The hub did not come to rest: {rest.outbox} events unpublished, {rest.lag} unread,"
            f" {rest.unresolved} referrals under way.[/]"
        )
    broken = {finding.id: finding.violations for finding in report.findings}
    loud = Console(stderr=True)  # what is wrong is said even where nothing else is
    for kind, found in (("lost", verdict.lost), ("doubled", verdict.doubled), ("rules broken", broken)):
        wrong = {name: number for name, number in found.items() if number}
        if wrong:
            loud.print(f"[red]{kind}: {wrong}[/]")
    if ledger.repeats_that_differed:
        console.print(f"[red]Repeats with another answer: {dict(ledger.repeats_that_differed)}[/]")
    if ledger.refusals:
        console.print(f"[dim]Refused, as it should be in a race: {dict(ledger.refusals)}[/]")


def _summary(
    directory: Directory | None,
    ledger: Ledger,
    rest: Rest,
    verdict: Verdict,
    violations: int,
    recorded_seconds: float,
    seconds: float,
) -> Summary:
    assert directory is not None  # noqa: S101  the day has been played
    totals = verdict.totals
    # what did not come to rest is counted as lost: somebody waits for an answer that will not come
    stuck = 0 if rest.is_complete else max(1, rest.unresolved)
    return Summary(
        directory={
            "agencies": len(directory.agencies),
            "services": len(directory.services),
            "activities": directory.activities,
        },
        needs_recorded=len(ledger.needs),
        states=rest.states,
        offers_sent=totals["offers_sent"],
        offers_delivered=len(ledger.offers_seen),
        accepted=totals["accepted"],
        accepted_for_assessment=len(ledger.answers["assess"]),
        declined=totals["declined"],
        reoffered=totals["reoffered"],
        expired=totals["expired"],
        waitlisted=totals["waitlisted"],
        returned=totals["returned"],
        questions=totals["questions"],
        disclosures=totals["disclosures"],
        disclosures_refused=totals["disclosures_refused"],
        lost=verdict.all_lost + stuck,
        doubled=verdict.all_doubled,
        invariant_violations=violations,
        need_to_offer_ms=percentiles(ledger.need_to_offer_ms()),
        needs_per_second=round(len(ledger.needs) / recorded_seconds, 1),
        seconds=round(seconds, 1),
    )


def run(
    needs: int, agencies: int, seed: int, rate: float | None, fresh: ServersAsked | None, *, as_json: bool
) -> bool:
    """The command's body: builds the plan and plays it."""
    plan = DayPlan(needs, agencies, seed, rate, _QUICK_ANSWER_SECONDS)
    return asyncio.run(play(plan, fresh, as_json=as_json))
