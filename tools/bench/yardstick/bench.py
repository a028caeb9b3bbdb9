"""The same steps in a plain web app without event log, consent or proof: what the hub is measured against.

FastAPI under one uvicorn (uvloop, httptools), asyncpg, offers by long poll, the same PostgreSQL build with
the same durability, the same numbers of people, agencies and services, the same clients (`web_app.py`). Its
groups `callers_N` measure as `pipeline` does, `loop_callers_N` as `loop` does. Where these ran in the same
run, the report ends with how many times the yardstick's rate the hub reaches.
"""

from tools.bench.loop import whole_loops
from tools.bench.pipeline import seconds, single_calls
from tools.bench.run import Figures, Run
from tools.bench.yardstick.place import yardstick


async def measure(run: Run) -> Figures:
    """The yardstick's own rates, medians of three rounds."""
    run.settings["yardstick"] = {"seconds_a_round": seconds(run), "rounds": run.rounds}
    async with yardstick(run) as place:
        figures = await single_calls(run, place)
        loops = await whole_loops(run, place)
    return figures | {f"loop_{name}": found for name, found in loops.items()}
