"""Whole cases per second: need, offer, card, accept, disclosure, start, complete.

A caller sees one case through before it begins the next (closed loop): the desk calls RecordNeed; the offer
arrives on the agency's open stream; the agency's staff call GetReferral (the card), AcceptOffer,
GetDisclosure (checked, recorded and released by intake), StartService, CompleteReferral, each after the
answer to the one before.

`loops_per_second`: completed cases. `loop_ms`: one case from the begin of RecordNeed to the answer to
CompleteReferral. `offer_ms`: its first part, to the agency's screen; then each call by itself.
"""

from tools.bench.ground import ground
from tools.bench.load import Place, loops_in
from tools.bench.pipeline import CALLERS, seconds
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians


async def measure(run: Run) -> Figures:
    """Each number of callers, three rounds; the medians."""
    run.settings["loop"] = {"seconds_a_round": seconds(run), "rounds": run.rounds}
    async with ground(run) as place:
        return await whole_loops(run, place)


async def whole_loops(run: Run, place: Place) -> Figures:
    """Whole cases, by each number of callers; the hub and the yardstick are measured by this alike."""
    await loops_in(place, callers=8, seconds=2.0)
    figures: Figures = {}
    for callers in CALLERS:
        found = medians([await loops_in(place, callers, seconds(run)) for _ in range(run.rounds)])
        figures[f"callers_{callers}"] = found
        run.say(
            f"{callers} callers: {found['loops_per_second']:.0f} whole cases/s,"
            f" half within {found['loop_ms']['p50']:.0f} ms."
        )
    return figures
