"""Calls of one kind, many at once: how many a second, and how long each took."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tools.bench.statistics import percentiles_ms


async def calls_in(
    call: Callable[[str], Awaitable[Any]], subjects: Iterable[str], callers: int
) -> dict[str, Any]:
    """A closed loop over the subjects, each once: so many callers, each calling again when answered."""
    durations: list[float] = []
    left = iter(subjects)
    start = time.monotonic()

    async def call_again_and_again() -> None:
        for subject in left:
            began = time.monotonic()
            await call(subject)
            durations.append(time.monotonic() - began)

    async with asyncio.TaskGroup() as desks:
        for _ in range(callers):
            desks.create_task(call_again_and_again())
    return {
        "calls": len(durations),
        "calls_per_second": round(len(durations) / (time.monotonic() - start), 1),
        "call_ms": percentiles_ms(durations),
    }


async def calls_at(
    call: Callable[[str], Awaitable[Any]], subjects: Iterable[str], rate: float
) -> dict[str, Any]:
    """An open loop over the subjects, each once, evenly spaced; durations count from the intended instant."""
    durations: list[float] = []
    start = time.monotonic()

    async def timed(subject: str, intended: float) -> None:
        await call(subject)
        durations.append(time.monotonic() - intended)

    async with asyncio.TaskGroup() as calls:
        for number, subject in enumerate(subjects):
            intended = start + number / rate
            await asyncio.sleep(max(0.0, intended - time.monotonic()))
            calls.create_task(timed(subject, intended))
    return {"calls": len(durations), "call_ms": percentiles_ms(durations)}
