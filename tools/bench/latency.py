"""From a desk's intended call to the offer on a partner's stream, while needs come at a steady rate.

An open loop: needs come at random instants (Poisson) at 10, 50, 100 and 200 a second, whether or not earlier
ones are done. Every duration begins at the instant at which the call was to be made, so what waited in the
client or in a queue counts.

`offer_ms`: until the offer is on the agency's open stream; `call_ms`: until RecordNeed is answered.
`hop_p50`: the medians of the parts of the way (`hops.py` says from where to where each goes).
"""

from typing import Any, Final

import asyncpg

from tools.bench.ground import Ground, ground
from tools.bench.hops import hops_ms
from tools.bench.load import offers_at
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians

RATES: Final = (10, 50, 100, 200)


async def measure(run: Run) -> Figures:
    """Each rate, three rounds; the medians of their percentiles."""
    seconds = run.scaled(30.0, 5.0)
    run.settings["latency"] = {"seconds_a_round": seconds, "rounds": run.rounds}
    figures: Figures = {}
    async with ground(run) as place:
        await offers_at(place, 20, 3.0, seed=0)
        for rate in RATES:
            rounds = [await _round(place, rate, seconds, seed) for seed in range(run.rounds)]
            figures[f"rate_{rate}"] = found = medians(rounds)
            offer = found["offer_ms"]
            run.say(f"{rate} needs/s: half within {offer['p50']:.0f} ms, 99 % within {offer['p99']:.0f} ms.")
    return figures


async def _round(place: Ground, rate: float, seconds: float, seed: int) -> dict[str, Any]:
    began: dict[str, float] = {}
    figures = await offers_at(place, rate, seconds, seed, began)
    connection = await asyncpg.connect(place.hub.doors.check_url)
    try:
        return figures | {"hop_p50": await hops_ms(connection, began, place.arrivals)}
    finally:
        await connection.close()
