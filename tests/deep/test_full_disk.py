"""The story: the machine's disk fills up in the middle of a working day, and somebody makes room later.
The breakage: a ballast file takes everything, down to the last page; then PostgreSQL gets no next file for
its log, and ends.
What must still hold: nobody's request ends in an error that they cannot understand; the person at `./kem up`
reads once what to do; nothing that was acknowledged is lost; with room, everything goes on by itself.
"""

import asyncio
import contextlib
import json
import mmap
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import grpc
import pytest

from tests.e2e.kem_command import KemUp
from tests.e2e.playing import PATIENCE_SECONDS, play
from tests.e2e.test_day_with_faults import SERVICES, needs_recorded
from tests.integration.chassis.waiting import until
from tests.support.small_disk import SmallDisk, small_disk
from tools.demo import calls
from tools.demo.fresh import run_on_seconds
from tools.demo.ledger import Ledger
from tools.hub import Doors
from tools.stack.failure import StackFailure

DISK_MEGABYTES: Final = 500
"""As much as a start asks for, and a bit."""
REFUSALS: Final = 20
UNFORESEEN: Final = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
_USE_UP_THE_LOG: Final = """
    select pg_logical_emit_message(false, 'ballast', repeat('x', 1000000)); select pg_switch_wal()
"""
_MACHINERY: Final = re.compile(r"base/|pg_wal|relation|file|asyncpg|postgres|connection|errno|Error", re.I)

_AFTERWARDS: Final = re.compile(r"  (The disk has room again .*|(postgresql|broker) serves again\.)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one of the day's clients was told instead of an answer."""

    code: grpc.StatusCode
    words: str
    retry_after: float | None


@pytest.fixture(scope="module", params=["embedded", "apache"])
def broker(request: pytest.FixtureRequest) -> str:
    """Apache's writes to the disk, too."""
    if request.param == "apache":
        request.getfixturevalue("apache_program")
    return str(request.param)


@pytest.fixture(scope="module")
def disk(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    with small_disk(tmp_path_factory.mktemp("disk"), DISK_MEGABYTES) as one:
        yield one


@pytest.fixture(scope="module")
async def hub(broker: str, disk: SmallDisk, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KemUp]:
    up = KemUp(
        disk.folder / "data",
        *("--broker", broker),
        within=disk.enter,
        seen_at=disk.seen_at / "data",
        output=tmp_path_factory.mktemp("said") / "up.txt",
    )
    await up.start()
    await run_on_seconds(up.postgres)
    yield up
    assert await up.end() == 0


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[Refusal]:
    """Every refusal that any of the day's clients hears."""
    heard: list[Refusal] = []
    understand = calls.told

    def told(error: grpc.aio.AioRpcError) -> tuple[str, float | None]:
        reason, retry_after = understand(error)
        heard.append(Refusal(error.code(), error.details() or "", retry_after))
        return reason, retry_after

    monkeypatch.setattr(calls, "told", told)
    return heard


def use_up_the_log(hub: KemUp) -> None:
    """Lets PostgreSQL write until it gets no next file for its log, which ends it."""
    with contextlib.suppress(StackFailure):
        while True:
            hub.postgres.execute(_USE_UP_THE_LOG)


async def is_away(doors: Doors) -> bool:
    try:
        await (await asyncpg.connect(doors.check_url, timeout=5)).close()
    except (OSError, asyncpg.PostgresError):
        return True
    return False


def is_cut_off(log: Path) -> bool:
    """Whether the file has filled its last page and got no other one."""
    return log.stat().st_size % mmap.PAGESIZE == 0


def said_since_ready(output: Path) -> list[str]:
    """What the supervisor has said since it was ready."""
    said = output.read_text()
    return said[said.index("ready in") :].splitlines()[1:]


def more(heard: list[Refusal], words: str) -> Callable[[], bool]:
    """Whether `REFUSALS` more refusals with these words are heard from now on."""
    before = len(heard)
    return lambda: sum(words in refusal.words for refusal in heard[before:]) >= REFUSALS


async def test_a_day_goes_on_by_itself_after_its_disk_was_full(
    disk: SmallDisk, hub: KemUp, refusals: list[Refusal]
) -> None:
    doors = Doors.of(hub.layout)

    async def the_disk_fills_up(ledger: Ledger) -> None:
        await needs_recorded(ledger, 15)
        disk.fill()
        await until(more(refusals, "disk is full"), within=PATIENCE_SECONDS)
        await until(
            lambda: any(is_cut_off(hub.layout.log(service)) for service in SERVICES), within=PATIENCE_SECONDS
        )
        await asyncio.to_thread(use_up_the_log, hub)
        await until(lambda: is_away(doors), within=PATIENCE_SECONDS)
        await until(more(refusals, "again"), within=PATIENCE_SECONDS)
        assert "make room" in hub.output.read_text()
        disk.make_room()

    outcome = await play(doors, 150, seed=21, rate=8, meanwhile=the_disk_fills_up)
    assert outcome.complaints == []

    assert {refusal.code for refusal in refusals} & UNFORESEEN == set()
    assert [refusal.words for refusal in refusals if _MACHINERY.search(refusal.words)] == []
    for refusal in refusals:
        if refusal.code is grpc.StatusCode.UNAVAILABLE:
            assert refusal.retry_after, refusal
            assert "again" in refusal.words

    said = said_since_ready(hub.output)
    assert "make room" in said[0], said
    assert [line for line in said[1:] if not _AFTERWARDS.fullmatch(line)] == []
    assert len(set(said)) == len(said)


async def test_no_line_of_a_log_was_broken_by_the_full_disk(hub: KemUp) -> None:
    for service in SERVICES:
        for line in hub.layout.log(service).read_text().splitlines():
            assert json.loads(line)["service"] == service


async def test_a_hub_that_ended_on_a_full_disk_goes_on_where_it_was_when_there_is_room(
    disk: SmallDisk, hub: KemUp, refusals: list[Refusal]
) -> None:
    async def ended_and_started_again(ledger: Ledger) -> None:
        await needs_recorded(ledger, 15)
        disk.fill()
        await until(more(refusals, "disk is full"), within=PATIENCE_SECONDS)
        assert await hub.end() == 0
        said = await hub.refused()
        assert re.fullmatch(r"kem: The disk that holds .*; make room .* and start again\.\n", said)
        disk.make_room()
        await hub.start()

    outcome = await play(Doors.of(hub.layout), 60, seed=22, rate=8, meanwhile=ended_and_started_again)
    assert outcome.complaints == []
