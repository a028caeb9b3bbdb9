"""Needs per second, from the desk's RecordNeed calls to offers on the partners' open streams.

A caller is a worker at the desk: it calls RecordNeed, waits for the answer, and calls again (closed loop).
Every need is CONSENTED and is offered at once; partners acknowledge what arrives. Counted from the first call
to the arrival of the last offer, so that nothing which only piled up in a queue counts as done.

`needs_per_second`: needs whose offers arrived, by that time. `call_ms`: RecordNeed alone, at the desk.
`offer_ms`: from the begin of the call to the offer at the partner. `put_off`: calls that were told to come
back later, because too much was waiting. The batch variant calls RecordNeeds with 50 needs.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from tools.bench.ground import Ground, ground
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians, percentiles_ms

CALLERS: Final = (1, 8, 32, 128)
BATCH: Final = 50
BATCH_CALLERS: Final = 4

Record = Callable[[], Awaitable[list[str]]]


async def measure(run: Run) -> Figures:
    """Each number of callers, three rounds; the medians."""
    seconds = run.scaled(15.0, 3.0)
    run.settings["pipeline"] = {"seconds_a_round": seconds, "rounds": run.rounds, "batch": BATCH}
    figures: Figures = {}
    async with ground(run) as place:
        await offers_in(place, lambda: one(place), callers=8, seconds=2.0)
        for callers in CALLERS:
            rounds = [await offers_in(place, lambda: one(place), callers, seconds) for _ in range(run.rounds)]
            figures[f"callers_{callers}"] = _told(run, f"{callers} callers", rounds)
        rounds = [
            await offers_in(place, lambda: place.record_needs(BATCH), BATCH_CALLERS, seconds)
            for _ in range(run.rounds)
        ]
        figures["batches_of_50"] = _told(run, f"{BATCH_CALLERS} callers with {BATCH} needs a call", rounds)
    return figures


async def one(place: Ground) -> list[str]:
    """Records a single need, as a list."""
    return [await place.record_need()]


async def offers_in(place: Ground, record: Record, callers: int, seconds: float) -> dict[str, Any]:
    """One round: so many callers for so long, then until the last offer has arrived."""
    began_at: dict[str, float] = {}
    call_seconds: list[float] = []
    put_off = place.ask.put_off
    start = time.monotonic()

    async def call_again_and_again() -> None:
        while (began := time.monotonic()) < start + seconds:
            referral_ids = await record()
            call_seconds.append(time.monotonic() - began)
            began_at.update(dict.fromkeys(referral_ids, began))

    async with asyncio.TaskGroup() as desks:
        for _ in range(callers):
            desks.create_task(call_again_and_again())
    arrived = await place.arrivals.of_all(began_at)
    await place.until_acknowledged()
    return {
        "needs_per_second": round(len(arrived) / (max(arrived) - start), 1),
        "call_ms": percentiles_ms(call_seconds),
        "offer_ms": percentiles_ms(at - began for at, began in zip(arrived, began_at.values(), strict=True)),
        "put_off": place.ask.put_off - put_off,
    }


def _told(run: Run, what: str, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    figures = medians(rounds)
    run.say(
        f"{what}: {figures['needs_per_second']:.0f} needs/s, half of the offers within"
        f" {figures['offer_ms']['p50']:.0f} ms."
    )
    return figures
