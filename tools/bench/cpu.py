"""CPU milliseconds per need, by process, PostgreSQL's by the login for which it worked.

From /proc of every process of the stack, of PostgreSQL's children, and of this process, which plays the
desks and the agencies and supervises (`clients and supervisor`: no part of `hub_ms`). Four kinds of load:
`single_calls` (32 callers, closed loop), `batches_of_50`, `steady_50` (50 needs a second, open loop, as in a
busy hour), `whole_cases` (32 callers, from need to completion). CPU time of a busy machine is a little higher
than of a calm one, but it is not the time that somebody waited.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from tools.bench.ground import Ground, ground
from tools.bench.load import loops_in, offers_at, offers_in
from tools.bench.pipeline import BATCH_CALLERS, batches, seconds, single
from tools.bench.processes import CLIENT, CpuClock
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians

Load = Callable[[], Awaitable[dict[str, Any]]]


async def measure(run: Run) -> Figures:
    """Each kind of load, three rounds; the medians."""
    length = seconds(run)
    run.settings["cpu"] = {"seconds_a_round": length, "rounds": run.rounds}
    figures: Figures = {}
    async with ground(run) as place:
        loads: dict[str, Load] = {
            "single_calls": lambda: offers_in(place, single(place), 32, length),
            "batches_of_50": lambda: offers_in(place, batches(place), BATCH_CALLERS, length),
            "steady_50": lambda: offers_at(place, 50, length, seed=1),
            "whole_cases": lambda: loops_in(place, 32, length),
        }
        await loads["single_calls"]()
        for name, load in loads.items():
            figures[name] = found = medians([await _cost(place, load) for _ in range(run.rounds)])
            run.say(f"{name}: {found['hub_ms']:.1f} ms of CPU per need in the hub.")
    return figures


async def _cost(place: Ground, load: Load) -> dict[str, Any]:
    clock = CpuClock(place.stack)
    began = time.monotonic()
    needs = (await load())["needs"]
    wall = time.monotonic() - began
    spent = {part: 1000 * used / needs for part, used in clock.spent().items()}
    hub = sum(ms for part, ms in spent.items() if part != CLIENT)
    return {
        "needs_per_second": round(needs / wall, 1),
        "hub_ms": round(hub, 2),
        "cores_busy": round((hub + spent[CLIENT]) * needs / 1000 / wall, 2),
        "ms_by_part": {part: round(ms, 2) for part, ms in sorted(spent.items())},
    }
