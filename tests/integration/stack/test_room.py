"""What a running stack says about its room: once when it runs short, once when it is back."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.kem_command import KemUp
from tests.integration.chassis.waiting import until
from tests.support.small_disk import SmallDisk, small_disk
from tools.stack.room import ENOUGH_BYTES, Room, free_bytes
from tools.stack.run_file import read_run


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path, ENOUGH_BYTES // 2**20 + 1) as one:
        yield one


async def test_a_disk_that_fills_up_is_told_of_once_and_so_is_room_again(
    disk: SmallDisk, tmp_path: Path
) -> None:
    said: list[str] = []
    room = Room([Path("/"), disk.seen_at], said.append)
    assert not room.is_short()
    disk.fill()
    assert free_bytes(disk.seen_at) == 0
    assert room.is_short()
    assert room.is_short()
    waiting = asyncio.create_task(room.wait())
    assert len(said) == 1
    assert str(disk.seen_at) in said[0]
    assert "make room until 128 MB are free" in said[0]
    disk.make_room()
    assert not room.is_short()
    await waiting
    assert said[1:] == ["The disk has room again (129 MB)."]


async def test_a_stack_whose_words_cannot_be_printed_runs_and_ends_in_order(tmp_path: Path) -> None:
    up = KemUp(tmp_path / "data", output=Path("/dev/full"))
    await up.start()
    run = read_run(up.layout)
    assert run is not None
    broker = next(one for one in run.processes if one.name == "broker").find()
    assert broker is not None
    broker.kill()
    await until(lambda: (run := read_run(up.layout)) is not None and run.replays == 1, within=60)
    assert await up.end() == 0
    assert not up.layout.is_held()
