"""What the ledger costs the pipeline: one hub, loaded in turn with its audit service and without.

So both are measured on the same store in the same minutes; who begins changes from pair to pair. As in
`pipeline`, needs are counted to the arrival of the last offer. What was not entered in a round is entered
before the next one begins. Each pair has a broker that has just begun: the embedded one ages by what it
holds (docs/decisions/0004), faster in this bench than the ledger could cost anything.

Needs a second `with` and `without` it; `share`: how much of the rate is left with it, the median of the
pairs, and the least and most of them. `cpu_ms_with` and `cpu_ms_without`: what the hub's processes take
of the cores for a need, and `cpu_share` likewise: where all cores are busy the rate follows it, and a
machine that has neighbours changes it less from round to round than the rate. `behind_ms`: from the last
offer until the ledger had caught up.
"""

import asyncio
import statistics
import time
from typing import Any

import asyncpg

from tools.bench.ground import Ground, ground
from tools.bench.load import Record, offers_in
from tools.bench.pipeline import BATCH, BATCH_CALLERS, batches, seconds, single
from tools.bench.processes import CLIENT, CpuClock
from tools.bench.run import Figures, Run

CALLERS = (32, 128)
WITHOUT = ("access", "intake", "notifications", "referral")
_WARM_UP_SECONDS = 3.0
"""Readers come back to the broker, and what they do for the first time is done."""
_BEHIND = """
    select exists (
        select from {source}.publication p
        where p.position > coalesce((select position from audit.source_mark where source = '{source}'), 0)
    ) or exists (select from {source}.outbox)
"""
_HAS_MORE = " or ".join(f"({_BEHIND.format(source=source)})" for source in WITHOUT)


async def measure(run: Run) -> Figures:
    """Pairs of rounds."""
    pairs = 2 * run.rounds
    run.settings["ledger"] = {"seconds_a_round": seconds(run), "pairs": pairs, "batch": BATCH}
    async with ground(run) as place:
        figures: Figures = {}
        for callers in CALLERS:
            figures[f"callers_{callers}"] = await _in_turn(run, place, single(place), callers, pairs)
        figures["batches_of_50"] = await _in_turn(run, place, batches(place), BATCH_CALLERS, pairs)
    return figures


async def _in_turn(run: Run, place: Ground, load: Record, callers: int, pairs: int) -> dict[str, Any]:
    audit = place.stack.parts["audit"]
    found: dict[bool, list[float]] = {True: [], False: []}
    cost: dict[bool, list[float]] = {True: [], False: []}
    behind: list[float] = []
    for pair in range(pairs):
        await _rejuvenate(place)
        await offers_in(place, load, callers, _WARM_UP_SECONDS)
        await _caught_up(place)
        for is_there in (True, False) if pair % 2 else (False, True):
            if not is_there:
                await audit.rest()
            clock = CpuClock(place.members)
            offered = await offers_in(place, load, callers, seconds(run))
            spent = sum(used for part, used in clock.spent().items() if part != CLIENT)
            cost[is_there].append(1000 * spent / offered["needs"])
            found[is_there].append(offered["needs_per_second"])
            if not is_there:
                audit.want()
                await audit.ready()
            waited = await _caught_up(place)
            if is_there:
                behind.append(waited)
    shares = [there / gone for there, gone in zip(found[True], found[False], strict=True)]
    costs = {is_there: statistics.median(each) for is_there, each in cost.items()}
    figures = {
        "with": statistics.median(found[True]),
        "without": statistics.median(found[False]),
        "share": round(statistics.median(shares), 3),
        "share_least": round(min(shares), 3),
        "share_most": round(max(shares), 3),
        "cpu_ms_with": round(costs[True], 2),
        "cpu_ms_without": round(costs[False], 2),
        "cpu_share": round(costs[False] / costs[True], 3),
        "behind_ms": round(1000 * statistics.median(behind)),
    }
    run.say(f"{callers} callers: {figures['with']:.0f} needs/s, {figures['without']:.0f} without a ledger.")
    return figures


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
