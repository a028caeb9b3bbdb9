"""The same steps in a plain web app without event log, consent or proof: what the hub is measured against.

FastAPI under one uvicorn (uvloop, httptools), asyncpg, offers by long poll, the same PostgreSQL build with
the same durability, the same numbers of people, agencies and services, the same clients (`web_app.py`). Its
groups `callers_N` measure as `pipeline` does, `loop_callers_N` as `loop` does, `cpu_…` as `cpu` does. Where
these ran in the same run, the report ends with how many times the yardstick's rate the hub reaches, and how
many times its CPU it takes.
"""

from tools.bench.cpu import CALLERS, costs
from tools.bench.load import loops_in, offers_in
from tools.bench.loop import whole_loops
from tools.bench.pipeline import seconds, single, single_calls
from tools.bench.run import Figures, Run
from tools.bench.yardstick.place import yardstick


async def measure(run: Run) -> Figures:
    """The yardstick's own rates and costs, medians of three rounds."""
    length = seconds(run)
    run.settings["yardstick"] = {"seconds_a_round": length, "rounds": run.rounds}
    async with yardstick(run) as place:
        figures = await single_calls(run, place)
        loops = await whole_loops(run, place)
        cpu = await costs(
            run,
            place,
            {
                "single_calls": lambda: offers_in(place, single(place), CALLERS, length),
                "whole_cases": lambda: loops_in(place, CALLERS, length),
            },
        )
    figures |= {f"loop_{name}": found for name, found in loops.items()}
    return figures | {f"cpu_{name}": found for name, found in cpu.items()}
