"""Memory of each process (PSS), idle and after many needs.

`idle_mb`: two seconds after the stack was ready, with open streams and nobody calling. `after_mb`: when
100,000 needs (with --quick 5,000) were recorded in batches, offered and acknowledged. PostgreSQL counts all
its processes.
"""

import asyncio

from tools.bench.ground import ground
from tools.bench.load import record_in_all
from tools.bench.pipeline import BATCH_CALLERS, batches
from tools.bench.processes import CLIENT, members_of, memory_mb
from tools.bench.run import Figures, Milestones, Run

SETTLING_SECONDS = 2.0


async def measure(run: Run) -> Figures:
    """Once: memory does not depend on how busy the machine is."""
    needs = run.scaled(100_000, 5_000)
    run.settings["memory"] = {"needs": needs}
    async with ground(run) as place:
        await asyncio.sleep(SETTLING_SECONDS)
        idle = _by_process(memory_mb(members_of(place.stack)))
        told = Milestones(run, needs)
        await record_in_all(place, batches(place), BATCH_CALLERS, needs, told)
        after = _by_process(memory_mb(members_of(place.stack)))
    return {"idle_mb": idle, "after_mb": after, "needs": needs}


def _by_process(parts: dict[str, float]) -> dict[str, float]:
    """PostgreSQL as one; the clients left out."""
    merged: dict[str, float] = {}
    for part, mb in parts.items():
        if part != CLIENT:
            name = part.partition(" for ")[0]
            merged[name] = round(merged.get(name, 0.0) + mb, 1)
    return merged | {"all": round(sum(merged.values()), 1)}
