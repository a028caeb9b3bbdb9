"""What the ledger costs the pipeline: one hub, loaded in turn with its audit service and without.

So both are measured on the same store in the same minutes. As in `pipeline`, needs are counted to the arrival
of the last offer. A turn has four rounds, with, without, without, with, or the other way about: whatever gets
slower or faster meanwhile weighs on both alike. Each round is measured in the midst of the load, since the
ledger gathers for seconds before it enters anything: if a round began with an idle hub, a part of its work
would be done after the end. What was not entered in a round is entered before the next one begins. Each turn
has a broker that has just begun: the embedded one ages by what it holds (docs/decisions/0004), faster in this
bench than the ledger could cost anything.

Needs a second `with` and `without` it; `share`: how much of the rate is left with it, the mean of the turns,
and its standard error. `cpu_ms_with` and `cpu_ms_without`: what the hub's processes take of the cores for a
need, and `cpu_share` likewise: where all cores are busy the rate follows it, and neighbours on the machine
change it less than the rate. `own_cpu_ms`: what of it the audit service takes itself and PostgreSQL for it.
`behind_ms`: from the last offer until the ledger had caught up.
"""

import asyncio
import math
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

import asyncpg

from tools.bench.ground import Ground, ground
from tools.bench.load import Record, offers_in
from tools.bench.pipeline import BATCH, BATCH_CALLERS, batches, single
from tools.bench.processes import CLIENT, CpuClock
from tools.bench.run import Figures, Run

CALLERS = (32, 128)
WITHOUT = ("access", "intake", "notifications", "referral")
OWN = ("audit", "postgresql for audit_worker", "postgresql for audit_app")
_WARM_UP_SECONDS = 3.0
"""Readers come back to the broker, and what they do for the first time is done."""
_LEAD_IN_SECONDS = 4.0
"""More than the ledger gathers for."""
_BEHIND = """
    select exists (
        select from {source}.publication p
        where p.position > coalesce((select position from audit.source_mark where source = '{source}'), 0)
    ) or exists (select from {source}.outbox)
"""
_HAS_MORE = " or ".join(f"({_BEHIND.format(source=source)})" for source in WITHOUT)


async def measure(run: Run) -> Figures:
    """Turns of rounds, for one load after the other."""
    turns, seconds = run.scaled(8, 2), run.scaled(8.0, 3.0)
    run.settings["ledger"] = {"seconds_a_round": seconds, "turns": turns, "batch": BATCH}
    figures: Figures = {}
    async with ground(run) as place:
        loads = {f"callers_{callers}": (single(place), callers) for callers in CALLERS}
        for name, (load, callers) in {**loads, "batches_of_50": (batches(place), BATCH_CALLERS)}.items():
            rounds = [await _turn(place, load, callers, seconds, turn) for turn in range(turns)]
            figures[name] = _figures(rounds)
            run.say(
                f"{name}: {figures[name]['share']} of the rate is left, ± {figures[name]['share_error']}."
            )
    return figures


@dataclass(frozen=True, slots=True)
class _Round:
    is_there: bool
    rate: float
    cpu_ms: float
    own_cpu_ms: float
    behind_seconds: float


async def _turn(place: Ground, load: Record, callers: int, seconds: float, turn: int) -> list[_Round]:
    audit = place.stack.parts["audit"]
    await _rejuvenate(place)
    await offers_in(place, load, callers, _WARM_UP_SECONDS)
    await _caught_up(place)
    rounds = []
    for is_there in (True, False, False, True) if turn % 2 else (False, True, True, False):
        if not is_there:
            await audit.rest()
        await offers_in(place, load, callers, _LEAD_IN_SECONDS)
        clock = CpuClock(place.members)
        offered = await offers_in(place, load, callers, seconds)
        spent = {part: 1000 * used / offered["needs"] for part, used in clock.spent().items()}
        if not is_there:
            audit.want()
            await audit.ready()
        rounds.append(
            _Round(
                is_there,
                offered["needs_per_second"],
                cpu_ms=sum(used for part, used in spent.items() if part != CLIENT),
                own_cpu_ms=sum(used for part, used in spent.items() if part in OWN),
                behind_seconds=await _caught_up(place),
            )
        )
    return rounds


def _figures(turns: list[list[_Round]]) -> Figures:
    def mean(rounds: Iterable[_Round], of: Callable[[_Round], float], is_there: bool) -> float:
        return statistics.mean(of(each) for each in rounds if each.is_there is is_there)

    def rate(rounds: Iterable[_Round], is_there: bool) -> float:
        return mean(rounds, lambda each: each.rate, is_there)

    def cpu(rounds: Iterable[_Round], is_there: bool) -> float:
        return mean(rounds, lambda each: each.cpu_ms, is_there)

    every = list(chain.from_iterable(turns))
    shares = [rate(rounds, True) / rate(rounds, False) for rounds in turns]
    cpu_shares = [cpu(rounds, False) / cpu(rounds, True) for rounds in turns]
    return {
        "with": round(rate(every, True)),
        "without": round(rate(every, False)),
        "share": round(statistics.mean(shares), 3),
        "share_error": round(_error(shares), 3),
        "cpu_ms_with": round(cpu(every, True), 2),
        "cpu_ms_without": round(cpu(every, False), 2),
        "cpu_share": round(statistics.mean(cpu_shares), 3),
        "cpu_share_error": round(_error(cpu_shares), 3),
        "own_cpu_ms": round(mean(every, lambda each: each.own_cpu_ms, True), 3),
        "behind_ms": round(1000 * mean(every, lambda each: each.behind_seconds, True)),
    }


def _error(found: list[float]) -> float:
    return statistics.stdev(found) / math.sqrt(len(found))


async def _rejuvenate(place: Ground) -> None:
    if place.stack.cluster.keeps_events:
        return  # Kafka does not age
    broker = place.stack.parts["broker"]
    await broker.rest()
    broker.want()
    await broker.ready()
    await place.stack.refill_broker()


async def _caught_up(place: Ground) -> float:
    """Waits until the ledger has everything that was published; answers how long that took, in seconds."""
    began = time.monotonic()
    connection = await asyncpg.connect(place.stack.layout.url_file("check").read_text().strip())
    try:
        while await connection.fetchval(f"select {_HAS_MORE}"):  # noqa: ASYNC110  nobody tells; constants
            await asyncio.sleep(0.2)
    finally:
        await connection.close()
    return time.monotonic() - began
