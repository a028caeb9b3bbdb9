"""The tombstones' file: only ever added to, whole lines only, and never made up where it is missing."""

import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.keys import KeysUnusable
from services.intake.adapters.tombstones import Tombstone, Tombstones

NOON = datetime(2026, 3, 2, 12, 0, 0, 250_000, tzinfo=UTC)


DAMAGED = [
    "nonsense",
    "",
    f"{NOON.isoformat()} not-an-id",
    f"{NOON.isoformat()} 00000000-0000-4000-8000-000000000001/",
    "2026-03-02T12:00 00000000-0000-4000-8000-000000000001",
]


def some(count: int) -> list[Tombstone]:
    return [Tombstone(BeneficiaryId(random_id()), NOON) for _ in range(count)]


def test_what_is_added_is_read_in_its_order(tmp_path: Path) -> None:
    tombstones, told = Tombstones(tmp_path), some(3)
    tombstones.begin()
    assert tombstones.read() == []
    for one in told:
        tombstones.add(one)
    tombstones.begin()
    assert Tombstones(tmp_path).read() == told
    first, *_ = tombstones.file.read_text().splitlines()
    assert first == f"2026-03-02T12:00:00.250000+00:00 {told[0].beneficiary_id}"
    assert stat.S_IMODE(tombstones.file.stat().st_mode) == 0o600


def test_a_key_s_tombstone_is_told_from_its_person_s(tmp_path: Path) -> None:
    tombstones, (person, other) = Tombstones(tmp_path), some(2)
    keys = [Tombstone(one.beneficiary_id, NOON, random_id()) for one in (person, other)]
    tombstones.add(*keys)
    tombstones.add(other)
    assert tombstones.read() == [*keys, other]


def test_a_line_that_was_never_finished_is_not_an_erasure_and_is_written_over(tmp_path: Path) -> None:
    tombstones, (whole, torn, next_one) = Tombstones(tmp_path), some(3)
    tombstones.add(whole)
    with tombstones.file.open("a") as file:
        file.write(f"{NOON.isoformat()} {torn.beneficiary_id}")
    assert tombstones.read() == [whole]
    tombstones.add(next_one)
    assert tombstones.read() == [whole, next_one]


def test_of_one_erasure_all_records_have_their_tombstones_or_none_wherever_the_write_was_cut(
    tmp_path: Path,
) -> None:
    tombstones, (before, *together) = Tombstones(tmp_path), some(4)
    tombstones.add(before)
    begin = tombstones.file.stat().st_size
    tombstones.add(*together)
    written = tombstones.file.read_bytes()
    for cut in range(begin, len(written)):
        tombstones.file.write_bytes(written[:cut])
        assert tombstones.read() == [before]
    tombstones.file.write_bytes(written)
    assert tombstones.read() == [before, *together]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "",
        f"{NOON.isoformat()} not-an-id",
        "2026-03-02T12:00 00000000-0000-4000-8000-000000000001",
    ],
)
def test_a_damaged_line_is_named_and_nobody_goes_on(tmp_path: Path, line: str) -> None:
    tombstones = Tombstones(tmp_path)
    tombstones.add(*some(1))
    with tombstones.file.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(KeysUnusable, match=r"Line 2 of .*tombstones is damaged"):
        tombstones.read()


def test_a_missing_file_is_said_and_not_made(tmp_path: Path) -> None:
    tombstones = Tombstones(tmp_path)
    with pytest.raises(KeysUnusable, match="erased people would come back"):
        tombstones.read()
    assert not tombstones.is_there


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    told = [some(20) for _ in range(4)]

    def write(mine: list[Tombstone]) -> None:
        for one in mine:
            Tombstones(tmp_path).add(one)

    writers = [threading.Thread(target=write, args=[mine]) for mine in told]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = Tombstones(tmp_path).read()
    assert len(found) == 80
    assert set(found) == {one for mine in told for one in mine}
