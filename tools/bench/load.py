"""The shapes in which load is put on a place, be it the hub or the yardstick: closed loops and open ones."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from tools.bench.arrivals import Arrival, Arrivals
from tools.bench.processes import Member
from tools.bench.statistics import percentiles_ms

Record = Callable[[], Awaitable[list[str]]]
"""Records one or more needs in one call; answers their referrals' ids."""

StepSeconds = dict[str, list[float]]


class Place(Protocol):
    """Where needs are recorded and offers arrive: what both have in common."""

    arrivals: Arrivals

    @property
    def put_off(self) -> int:
        """Calls that were told to come back later."""

    async def record_need(self) -> str:
        """Records one need; answers its referral's id."""

    async def take_up(self, referral_id: str, arrival: Arrival, steps: StepSeconds) -> None:
        """What an agency does with an offer, up to completion; notes the seconds of each step."""

    def members(self) -> list[Member]:
        """Every process whose CPU it costs, and this one."""

    async def until_acknowledged(self) -> None:
        """Returns when every partner has said that it has what arrived."""


async def offers_in(place: Place, record: Record, callers: int, seconds: float) -> dict[str, Any]:
    """A closed loop: so many callers, each calling again when answered; then until the last offer arrived."""
    began_at: dict[str, float] = {}
    call_seconds: list[float] = []
    put_off = place.put_off
    start = time.monotonic()

    async def call_again_and_again() -> None:
        while (began := time.monotonic()) < start + seconds:
            referral_ids = await record()
            call_seconds.append(time.monotonic() - began)
            began_at.update(dict.fromkeys(referral_ids, began))

    await _at_once(call_again_and_again, callers)
    arrived = await place.arrivals.of_all(began_at)
    await place.until_acknowledged()
    return {
        "needs": len(arrived),
        "needs_per_second": round(len(arrived) / (max(arrived) - start), 1),
        "call_ms": percentiles_ms(call_seconds),
        "offer_ms": percentiles_ms(at - began for at, began in zip(arrived, began_at.values(), strict=True)),
        "put_off": place.put_off - put_off,
    }


async def loops_in(place: Place, callers: int, seconds: float) -> dict[str, Any]:
    """A closed loop of whole cases: each caller sees one through to its end before the next."""
    steps: StepSeconds = defaultdict(list)
    whole: list[float] = []
    put_off = place.put_off
    start = time.monotonic()
    ended = start

    async def see_through() -> None:
        nonlocal ended
        while (began := time.monotonic()) < start + seconds:
            referral_id = await place.record_need()
            arrival = await place.arrivals.of(referral_id)
            steps["offer"].append(arrival.at - began)
            await place.take_up(referral_id, arrival, steps)
            ended = time.monotonic()
            whole.append(ended - began)

    await _at_once(see_through, callers)
    await place.until_acknowledged()
    return {
        "needs": len(whole),
        "loops_per_second": round(len(whole) / (ended - start), 1),
        "loop_ms": percentiles_ms(whole),
        **{f"{step}_ms": percentiles_ms(durations) for step, durations in steps.items()},
        "put_off": place.put_off - put_off,
    }


async def offers_at(
    place: Place, rate: float, seconds: float, seed: int, began: dict[str, float] | None = None
) -> dict[str, Any]:
    """An open loop: needs come when people come (Poisson), however long the hub takes.

    Every duration counts from the instant at which the call was to be made, so that a late client or a
    queue is part of it. These instants are noted in `began` by referral, where one is given.
    """
    dice = random.Random(f"{seed}/{rate}")  # noqa: S311  arrivals of a bench, not a secret
    offer_seconds: list[float] = []
    call_seconds: list[float] = []
    put_off = place.put_off

    async def call(intended: float) -> None:
        referral_id = await place.record_need()
        call_seconds.append(time.monotonic() - intended)
        if began is not None:
            began[referral_id] = intended
        offer_seconds.append((await place.arrivals.of(referral_id)).at - intended)

    start = intended = time.monotonic()
    async with asyncio.TaskGroup() as calls:
        while (intended := intended + dice.expovariate(rate)) < start + seconds:
            await asyncio.sleep(max(0.0, intended - time.monotonic()))
            calls.create_task(call(intended))
    await place.until_acknowledged()
    return {
        "needs": len(offer_seconds),
        "offer_ms": percentiles_ms(offer_seconds),
        "call_ms": percentiles_ms(call_seconds),
        "put_off": place.put_off - put_off,
    }


async def record_in_all(
    place: Place, record: Record, callers: int, needs: int, told: Callable[[int], None]
) -> None:
    """So many needs, however long it takes; returns when the last offer has arrived and is acknowledged."""
    recorded: list[str] = []
    asked = 0

    async def call_again_and_again() -> None:
        nonlocal asked
        while asked < needs:
            asked += 1  # at least one; the answer says how many it was
            referral_ids = await record()
            asked += len(referral_ids) - 1
            recorded.extend(referral_ids)
            told(len(recorded))

    await _at_once(call_again_and_again, callers)
    await place.arrivals.of_all(recorded)
    await place.until_acknowledged()


async def _at_once(work: Callable[[], Any], callers: int) -> None:
    async with asyncio.TaskGroup() as desks:
        for _ in range(callers):
            desks.create_task(work())
