"""CPU milliseconds per need, by process, PostgreSQL's by the login for which it worked.

From /proc of every process of the stack, of PostgreSQL's children, and of this process, which plays the
desks and the agencies and supervises (`clients and supervisor`: no part of `cpu_ms`). Four kinds of load:
`single_calls` (32 callers, closed loop), `batches_of_50`, `steady_50` (50 needs a second, open loop, as in a
busy hour), `whole_cases` (32 callers, from need to completion). CPU time of a busy machine is a little higher
than of a calm one, but it is not the time that somebody waited.

`idle` is what the hub takes while nobody calls: it is in every figure, and the larger a share of it the fewer
needs there are. `beyond_idle_ms` is `cpu_ms` without it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from tools.bench.ground import ground
from tools.bench.load import Place, loops_in, offers_at, offers_in
from tools.bench.pipeline import BATCH_CALLERS, batches, seconds, single
from tools.bench.processes import CLIENT, CpuClock
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians

CALLERS: Final = 32
_SETTLING_SECONDS: Final = 2.0
_IDLE_SECONDS: Final = 5.0

Load = Callable[[], Awaitable[dict[str, Any]]]


async def measure(run: Run) -> Figures:
    """Each kind of load, three rounds; the medians."""
    length = seconds(run)
    run.settings["cpu"] = {"seconds_a_round": length, "rounds": run.rounds}
    async with ground(run) as place:
        loads: dict[str, Load] = {
            "single_calls": lambda: offers_in(place, single(place), CALLERS, length),
            "batches_of_50": lambda: offers_in(place, batches(place), BATCH_CALLERS, length),
            "steady_50": lambda: offers_at(place, 50, length, seed=1),
            "whole_cases": lambda: loops_in(place, CALLERS, length),
        }
        return await costs(run, place, loads)


async def costs(run: Run, place: Place, loads: dict[str, Load]) -> Figures:
    """Each load's cost, and what is taken idle; the hub and the yardstick are measured by this alike."""
    for load in loads.values():
        await load()
    idle = await _idle_share(place)
    run.say(f"idle: {100 * sum(idle.values()):.0f} % of a core.")
    figures: Figures = {}
    for name, load in loads.items():
        figures[name] = found = medians([await _cost(place, load, idle) for _ in range(run.rounds)])
        run.say(
            f"{name}: {found['cpu_ms']:.1f} ms of CPU per need,"
            f" {found['beyond_idle_ms']:.1f} ms beyond what is taken idle."
        )
    figures["idle"] = {f"{part} percent": round(100 * share, 1) for part, share in sorted(idle.items())}
    return figures


async def _idle_share(place: Place) -> dict[str, float]:
    """Shares of one core that the parts take with open streams and nobody calling."""
    await asyncio.sleep(_SETTLING_SECONDS)
    clock = CpuClock(place.members)
    began = time.monotonic()
    await asyncio.sleep(_IDLE_SECONDS)
    wall = time.monotonic() - began
    return {part: used / wall for part, used in clock.spent().items() if part != CLIENT}


async def _cost(place: Place, load: Load, idle: dict[str, float]) -> dict[str, Any]:
    clock = CpuClock(place.members)
    began = time.monotonic()
    needs = (await load())["needs"]
    wall = time.monotonic() - began
    spent = {part: 1000 * used / needs for part, used in clock.spent().items()}
    served = sum(ms for part, ms in spent.items() if part != CLIENT)
    return {
        "needs_per_second": round(needs / wall, 1),
        "cpu_ms": round(served, 2),
        "beyond_idle_ms": round(served - 1000 * sum(idle.values()) * wall / needs, 2),
        "cores_busy": round((served + spent[CLIENT]) * needs / 1000 / wall, 2),
        "ms_by_part": {part: round(ms, 2) for part, ms in sorted(spent.items())},
    }
