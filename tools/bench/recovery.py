"""Seconds until the hub works again after kill -9 of one process, each in its turn, under steady load.

Round after round, so that nothing dies twice within the time in which the supervisor would take it for a
loop.

Twenty needs a second come all the while (open loop, repeated until answered). `serves_s`: from the kill to
the first offer on a partner's screen for a need whose call began after the kill: the whole way works again.
`lag_0_s`: from the kill until everything that had been recorded by that moment is logged, published and read
by every consumer, and every offer of the outage is on its screen. Nothing may be missing at the end: the
bench fails if an offer does not arrive or arrives twice.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncpg

from tools.bench.ground import Ground, ground
from tools.bench.run import Figures, Run
from tools.demo.rest import SCHEMAS
from tools.stack.failure import StackFailure

RATE = 20.0
_CALM_SECONDS = 3.0
_PATIENCE_SECONDS = 120.0

_MARKS = " union all ".join(
    f"""select '{schema}' as source, topic, partition, max(position) as position
          from {schema}.event_log group by topic, partition"""
    for schema in SCHEMAS
)
_REACHED = " union all ".join(
    f"select source, topic, partition, position from {schema}.consumer_progress" for schema in SCHEMAS
)


async def measure(run: Run) -> Figures:
    """Each process some times; median and worst."""
    rounds = run.scaled(7, 1)
    run.settings["recovery"] = {"kills_of_each": rounds, "needs_per_second": RATE}
    figures: Figures = {}
    async with ground(run) as place, _steady_load(place) as load:
        await asyncio.sleep(_CALM_SECONDS)
        kills: dict[str, list[tuple[float, float]]] = {part: [] for part in place.stack.parts}
        for _ in range(rounds):
            for part, of_part in kills.items():
                of_part.append(await _kill(place, load, part))
        for part, of_part in kills.items():
            serves, lag = sorted(kill[0] for kill in of_part), sorted(kill[1] for kill in of_part)
            figures[part] = {
                "serves_s": round(serves[len(serves) // 2], 2),
                "serves_worst_s": round(serves[-1], 2),
                "lag_0_s": round(lag[len(lag) // 2], 2),
                "lag_0_worst_s": round(lag[-1], 2),
            }
            run.say(f"{part} killed: serves again in {serves[-1]:.1f} s at worst, lag 0 in {lag[-1]:.1f} s.")
    if place.arrivals.doubled:
        raise StackFailure(f"{place.arrivals.doubled} offers arrived twice.")
    return figures


@dataclass(slots=True)
class SteadyLoad:
    """Needs under way: when each call began, by referral once it is known."""

    began: dict[str, float] = field(default_factory=dict)
    calls: set[asyncio.Task[None]] = field(default_factory=set)

    def recorded_after(self, instant: float) -> list[str]:
        """Referrals whose calls began after this monotonic second."""
        return [referral for referral, began in self.began.items() if began > instant]


@contextlib.asynccontextmanager
async def _steady_load(place: Ground) -> AsyncIterator[SteadyLoad]:
    load = SteadyLoad()

    async def call() -> None:
        began = time.monotonic()
        load.began[await place.record_need()] = began

    async def come() -> None:
        while True:
            task = asyncio.create_task(call())
            load.calls.add(task)
            task.add_done_callback(load.calls.discard)
            await asyncio.sleep(1 / RATE)

    coming = asyncio.create_task(come())
    try:
        yield load
        coming.cancel()
        await asyncio.gather(*load.calls)
        await place.arrivals.of_all(list(load.began))
    finally:
        coming.cancel()


async def _kill(place: Ground, load: SteadyLoad, part: str) -> tuple[float, float]:
    process = place.stack.parts[part].process
    if process is None:
        raise StackFailure(f"{part} does not run.")
    killed = time.monotonic()
    os.kill(process.pid, signal.SIGKILL)
    serves = await _until_served(place, load, killed) - killed
    before = [referral for referral, began in load.began.items() if began < killed + serves]
    await place.arrivals.of_all(before)
    await _until_read(place)
    lag_0 = time.monotonic() - killed
    await asyncio.sleep(_CALM_SECONDS)
    return serves, lag_0


async def _until_served(place: Ground, load: SteadyLoad, killed: float) -> float:
    deadline = killed + _PATIENCE_SECONDS
    offered = place.arrivals.offered
    while time.monotonic() < deadline:
        arrived = [offered[one].at for one in load.recorded_after(killed) if one in offered]
        if arrived:
            return min(arrived)
        await asyncio.sleep(0.02)
    raise StackFailure(f"The hub did not serve again within {_PATIENCE_SECONDS:.0f} s.")


async def _until_read(place: Ground) -> None:
    """Everything logged or waiting to be logged now is read by every consumer that follows it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    marks: dict[tuple[str, str, int], int] = {}
    while time.monotonic() < deadline:
        try:
            connection = await asyncpg.connect(place.hub.doors.check_url, timeout=3)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            await asyncio.sleep(0.1)
            continue
        try:
            while time.monotonic() < deadline:
                if not marks:
                    marks = await _marks(connection)
                behind = [
                    row
                    for row in await connection.fetch(_REACHED)
                    if row["position"] < marks.get((row["source"], row["topic"], row["partition"]), 0)
                ]
                if not behind:
                    return
                await asyncio.sleep(0.05)
        finally:
            await connection.close()
    raise StackFailure(f"A consumer was still behind after {_PATIENCE_SECONDS:.0f} s.")


async def _marks(connection: asyncpg.Connection) -> dict[tuple[str, str, int], int]:
    rows = await connection.fetch(_MARKS)
    return {(row["source"], row["topic"], row["partition"]): row["position"] for row in rows}
