"""What the ledger costs the pipeline: two hubs side by side, one of them without audit, loaded in turn.

So both are measured on the same machine in the same minutes. As in `pipeline`, needs are counted to the
arrival of the last offer; what has not been entered by then is entered before the next round begins.

Needs a second `with` and `without` it; `share`: how much of the rate is left with it; `behind_ms`:
from the last offer until the ledger had caught up.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import asyncpg

from tools.bench.ground import Ground, ground
from tools.bench.load import Record, offers_in
from tools.bench.pipeline import BATCH, BATCH_CALLERS, batches, seconds, single
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians
from tools.stack.options import StackOptions

CALLERS = (32, 128)
WITHOUT = ("access", "intake", "notifications", "referral")
_BEHIND = """
    select exists (
        select from {source}.publication p
        where p.position > coalesce((select position from audit.source_mark where source = '{source}'), 0)
    ) or exists (select from {source}.outbox)
"""
_HAS_MORE = " or ".join(f"({_BEHIND.format(source=source)})" for source in WITHOUT)


async def measure(run: Run) -> Figures:
    """Rounds in turn; the medians."""
    run.settings["ledger"] = {"seconds_a_round": seconds(run), "rounds": run.rounds, "batch": BATCH}
    without = StackOptions(services=WITHOUT)
    async with ground(run) as whole, ground(run, options=without) as bare:
        figures: Figures = {}
        for callers in CALLERS:
            loads = {"with": single(whole), "without": single(bare)}
            figures[f"callers_{callers}"] = await _in_turn(run, whole, bare, loads, callers)
        loads = {"with": batches(whole), "without": batches(bare)}
        figures["batches_of_50"] = await _in_turn(run, whole, bare, loads, BATCH_CALLERS)
    return figures


async def _in_turn(
    run: Run, whole: Ground, bare: Ground, loads: Mapping[str, Record], callers: int
) -> dict[str, Any]:
    rounds = []
    for _ in range(run.rounds):
        found = await offers_in(whole, loads["with"], callers, seconds(run))
        behind = await _caught_up(whole)
        beside = await offers_in(bare, loads["without"], callers, seconds(run))
        rounds.append(
            {
                "with": found["needs_per_second"],
                "without": beside["needs_per_second"],
                "share": round(found["needs_per_second"] / beside["needs_per_second"], 3),
                "behind_ms": round(1000 * behind),
            }
        )
    figures = medians(rounds)
    run.say(f"{callers} callers: {figures['with']:.0f} needs/s, {figures['without']:.0f} without a ledger.")
    return figures


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
