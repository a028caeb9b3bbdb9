"""Needs per second, from the desk's RecordNeed calls to offers on the partners' open streams.

A caller is a worker at the desk: it calls RecordNeed, waits for the answer, and calls again (closed loop).
Every need is CONSENTED and is offered at once; partners acknowledge what arrives. Counted from the first call
to the arrival of the last offer, so that nothing which only piled up in a queue counts as done.

`needs_per_second`: needs whose offers arrived, by that time. `call_ms`: RecordNeed alone, at the desk.
`offer_ms`: from the begin of the call to the offer at the partner. `put_off`: calls that were told to come
back later, because too much was waiting. `batches_of_50`: RecordNeeds with 50 needs, from four callers.
"""

from typing import Any, Final

from tools.bench.ground import Ground, ground
from tools.bench.load import Place, Record, offers_in
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians

CALLERS: Final = (1, 8, 32, 128)
BATCH: Final = 50
BATCH_CALLERS: Final = 4


async def measure(run: Run) -> Figures:
    """Each number of callers, three rounds; the medians."""
    run.settings["pipeline"] = {"seconds_a_round": seconds(run), "rounds": run.rounds, "batch": BATCH}
    async with ground(run) as place:
        figures = await single_calls(run, place)
        figures["batches_of_50"] = await in_rounds(run, place, batches(place), BATCH_CALLERS, "batches of 50")
    return figures


def seconds(run: Run) -> float:
    """How long one round lasts."""
    return run.scaled(15.0, 3.0)


def batches(place: Ground) -> Record:
    """Fifty needs in one call."""
    return lambda: place.record_needs(BATCH)


async def single_calls(run: Run, place: Place) -> Figures:
    """Single needs, by each number of callers; the hub and the yardstick are measured by this alike."""
    await offers_in(place, single(place), callers=8, seconds=2.0)
    return {
        f"callers_{callers}": await in_rounds(run, place, single(place), callers, f"{callers} callers")
        for callers in CALLERS
    }


def single(place: Place) -> Record:
    """One need in one call."""

    async def record() -> list[str]:
        return [await place.record_need()]

    return record


async def in_rounds(run: Run, place: Place, record: Record, callers: int, what: str) -> dict[str, Any]:
    """The medians of some rounds, told."""
    rounds = [await offers_in(place, record, callers, seconds(run)) for _ in range(run.rounds)]
    figures = medians(rounds)
    run.say(
        f"{what}: {figures['needs_per_second']:.0f} needs/s, half of the offers within"
        f" {figures['offer_ms']['p50']:.0f} ms."
    )
    return figures
