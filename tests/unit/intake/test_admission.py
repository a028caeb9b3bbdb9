"""Who is let in, who stands in line and who is refused, by a clock that is turned."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import ceil

import pytest

from kernel.errors import Exhausted
from kernel.ids import NeedId, random_id
from services.intake.adapters.admission import (
    IN_FLIGHT_SECONDS,
    LONGEST_DELAY_SECONDS,
    LONGEST_STAND_SECONDS,
    SHORTEST_DELAY_SECONDS,
    WAIT_SECONDS,
    Admission,
)
from services.intake.domain.uptake import ASSUMED_RATE, SILENCE_SECONDS
from tests.support.turned_clock import later, run_turned

ROOM = ceil(ASSUMED_RATE * IN_FLIGHT_SECONDS)
MOST = ceil(ASSUMED_RATE * WAIT_SECONDS)


class _Door:
    """Records needs as fast as they are let in, beside a matching that asks when the test says so."""

    def __init__(self) -> None:
        self.admission = Admission(asyncio.get_running_loop().time)
        self.recorded: list[NeedId] = []

    async def record(self, count: int = 1) -> None:
        need_ids = [NeedId(random_id()) for _ in range(count)]
        async with self.admission.admitted(count) as note_recorded:
            note_recorded(need_ids)
        self.recorded += need_ids

    async def begin(self) -> None:
        """Matching is at work, and has nothing to do."""
        await self.record()
        self.admission.note_asked(self.recorded)
        self.recorded.clear()

    async def calls(self, number: int, count: int = 1) -> list[asyncio.Task[None]]:
        """So many callers at once, each of whom has got as far as it can."""
        calls = [asyncio.create_task(self.record(count)) for _ in range(number)]
        await later(0.001)
        return calls


def _turned(story: Callable[[_Door], Awaitable[None]]) -> Callable[[], None]:
    async def begin() -> None:
        door = _Door()
        await door.begin()
        await story(door)

    def test() -> None:
        run_turned(begin())

    return test


def test_nobody_waits_before_anybody_has_asked() -> None:
    async def story() -> None:
        door = _Door()
        for _ in range(2_500):
            await door.record()

    run_turned(story())


@_turned
async def test_whoever_finds_no_room_waits_in_line_and_comes_in_as_needs_are_taken_up(door: _Door) -> None:
    calls = await door.calls(ROOM + 30)
    assert [call.done() for call in calls] == [True] * ROOM + [False] * 30
    assert (door.admission.in_flight, door.admission.in_line) == (ROOM, 30)
    door.admission.note_asked(door.recorded[:10])
    await later(0.001)
    assert [call.done() for call in calls] == [True] * (ROOM + 10) + [False] * 20
    door.admission.note_asked(door.recorded)
    await asyncio.gather(*calls)


@_turned
async def test_fifty_needs_at_once_count_as_fifty(door: _Door) -> None:
    calls = await door.calls(3, 50)
    assert [call.done() for call in calls] == [True, True, False]
    assert (door.admission.in_flight, door.admission.in_line) == (100, 50)
    with pytest.raises(Exhausted):
        await door.record()
    door.admission.note_asked(door.recorded)
    await asyncio.gather(*calls)


@_turned
async def test_what_would_wait_too_long_is_refused_at_once_and_told_when_there_is_room(door: _Door) -> None:
    calls = await door.calls(MOST + 1)
    with pytest.raises(Exhausted) as refusal:
        calls[-1].result()
    first = refusal.value.retry_delay_seconds
    assert first == pytest.approx((MOST - ROOM) / ASSUMED_RATE, rel=0.05)
    delays = []
    for count in (1, 1, 50):
        with pytest.raises(Exhausted) as refusal:
            await door.record(count)
        delays.append(refusal.value.retry_delay_seconds)
    assert delays == pytest.approx([first + count / ASSUMED_RATE for count in (1, 2, 52)], abs=0.002)
    door.admission.note_asked(door.recorded)
    await later(0.001)
    door.admission.note_asked(door.recorded)
    await asyncio.gather(*calls[:-1])


@_turned
async def test_nobody_stands_in_line_for_longer_than_a_second(door: _Door) -> None:
    *_, last = await door.calls(ROOM + 1)
    began = asyncio.get_running_loop().time()
    with pytest.raises(Exhausted) as refusal:
        await last
    assert asyncio.get_running_loop().time() - began == pytest.approx(LONGEST_STAND_SECONDS, abs=0.01)
    assert refusal.value.retry_delay_seconds == SHORTEST_DELAY_SECONDS
    assert door.admission.in_line == 0


@_turned
async def test_whoever_gives_up_leaves_the_line_and_whoever_fails_leaves_room(door: _Door) -> None:
    async def fail(when: asyncio.Event) -> None:
        async with door.admission.admitted():
            await when.wait()
            raise ValueError

    fault = asyncio.Event()
    failing = asyncio.create_task(fail(fault))
    *_, patient, impatient = await door.calls(ROOM + 1)
    impatient.cancel()
    await later(0.001)
    assert door.admission.in_line == 1
    fault.set()
    await later(0.001)
    assert patient.done()
    with pytest.raises(ValueError):
        await failing
    assert (door.admission.in_flight, door.admission.in_line) == (ROOM, 0)
    door.admission.note_asked(door.recorded)
    assert (door.admission.in_flight, door.admission.in_line) == (0, 0)


@_turned
async def test_one_who_is_let_in_and_gives_up_at_the_same_instant_keeps_no_room(door: _Door) -> None:
    *_, last = await door.calls(ROOM + 1)
    door.admission.note_asked(door.recorded)
    last.cancel()
    await later(0.001)
    assert last.cancelled()
    assert (door.admission.in_flight, door.admission.in_line) == (0, 0)


@_turned
async def test_when_matching_goes_away_all_come_in(door: _Door) -> None:
    calls = await door.calls(ROOM)
    await later(SILENCE_SECONDS - LONGEST_STAND_SECONDS / 2)
    calls += await door.calls(20)
    assert not calls[-1].done()
    await later(LONGEST_STAND_SECONDS)  # nobody comes who would move the line
    await asyncio.gather(*calls)
    await asyncio.gather(*await door.calls(1_000))


@_turned
async def test_when_matching_comes_back_to_a_long_queue_new_needs_are_put_off(door: _Door) -> None:
    await door.calls(ROOM)
    await later(SILENCE_SECONDS + 0.1)
    await asyncio.gather(*await door.calls(1_900))
    door.admission.note_asked(door.recorded[:500])
    with pytest.raises(Exhausted) as refusal:
        await door.record()
    assert 5 < refusal.value.retry_delay_seconds <= LONGEST_DELAY_SECONDS


@dataclass
class _Day:
    """Callers, and a matching that takes all there is, 60 ms after it came, up to 500 at once."""

    rate: float
    count: int = 1
    waits: list[tuple[float, float]] = field(default_factory=list)
    """When a call was made that was accepted, and how long after it its needs were matched."""
    refused: int = 0
    waiting: deque[tuple[float, float, NeedId]] = field(default_factory=deque)

    async def run(self, callers: int, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        admission, end = Admission(clock), clock() + seconds
        async with admission.admitted() as note_recorded:  # matching is heard of before the crowd comes
            first = [NeedId(random_id())]
            note_recorded(first)
        admission.note_asked(first)
        matching = asyncio.create_task(self._match(admission))
        await asyncio.gather(*(self._call(admission, end) for _ in range(callers)))
        matching.cancel()

    async def _call(self, admission: Admission, end: float) -> None:
        clock = asyncio.get_running_loop().time
        while (began := clock()) < end:
            try:
                async with admission.admitted(self.count) as note_recorded:
                    await asyncio.sleep(0.02)
                    need_ids = [NeedId(random_id()) for _ in range(self.count)]
                    note_recorded(need_ids)
                    self.waiting.extend((began, clock(), need_id) for need_id in need_ids)
            except Exhausted as refusal:
                self.refused += 1
                await asyncio.sleep(refusal.retry_delay_seconds)

    async def _match(self, admission: Admission) -> None:
        """A batch costs something by itself, as it does in life."""
        clock = asyncio.get_running_loop().time
        while True:
            batch: list[tuple[float, float, NeedId]] = []
            while self.waiting and self.waiting[0][1] + 0.06 <= clock() and len(batch) < 500:
                batch.append(self.waiting.popleft())
            if not batch:
                await asyncio.sleep(0.005)
                continue
            admission.note_asked([need_id for _, _, need_id in batch])
            await asyncio.sleep(0.03 + len(batch) / self.rate)
            self.waits += [(began, clock() - began) for began, _, _ in batch]


@pytest.mark.parametrize(
    ("rate", "callers", "count"),
    [
        (150, 32, 1),
        (400, 32, 1),
        (400, 128, 1),
        (1_000, 128, 1),
        (1_000, 4, 50),
        (1_000, 500, 1),
        (150, 500, 1),
        (60, 500, 1),
        (400, 2000, 1),
    ],
)
def test_with_many_callers_nobody_waits_long_and_matching_never_runs_out(
    rate: int, callers: int, count: int
) -> None:
    day = _Day(rate, count)
    run_turned(day.run(callers, seconds=30))
    settled = sorted(wait for began, wait in day.waits if began > 1_010)
    assert settled[int(len(settled) * 0.99)] < (1.0 if rate >= 100 else 1.1)
    assert len(settled) / 20 > 0.85 * rate
    assert day.refused * count < 2 * len(day.waits)
