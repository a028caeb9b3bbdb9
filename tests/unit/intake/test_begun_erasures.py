"""The file of erasures that were begun: whole lines only, the last of each request, and no file at first."""

import stat
from pathlib import Path

import pytest

from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.begun_erasures import BegunErasure, BegunErasures
from services.intake.adapters.keys import KeysUnusable
from services.intake.domain.person_export import IdentityProof

ONE_ID = "00000000-0000-4000-8000-000000000001"


def some(count: int, records: int = 1) -> list[BegunErasure]:
    return [
        BegunErasure(
            random_id(),
            random_id(),
            IdentityProof.DOCUMENT_SEEN,
            tuple(BeneficiaryId(random_id()) for _ in range(records)),
        )
        for _ in range(count)
    ]


def test_what_was_begun_is_read_as_it_was_written(tmp_path: Path) -> None:
    begun, told = BegunErasures(tmp_path), [*some(2), *some(1, records=3)]
    assert begun.read() == []
    for one in told:
        begun.add(one)
    assert BegunErasures(tmp_path).read() == told
    assert stat.S_IMODE(begun.file.stat().st_mode) == 0o600


def test_of_a_request_that_was_begun_twice_the_last_decision_counts(tmp_path: Path) -> None:
    begun, (first, other) = BegunErasures(tmp_path), some(2)
    again = BegunErasure(first.rights_request_id, random_id(), IdentityProof.KNOWN_PERSONALLY, first.records)
    for one in (first, other, again):
        begun.add(one)
    assert sorted(begun.read(), key=str) == sorted([again, other], key=str)


def test_a_line_that_was_never_finished_was_not_begun_and_is_written_over(tmp_path: Path) -> None:
    begun, (whole, next_one) = BegunErasures(tmp_path), some(2)
    begun.add(whole)
    with begun.file.open("a") as file:
        file.write(f"{ONE_ID} {ONE_ID} DOCUMENT_SEEN {ONE_ID}")
    assert begun.read() == [whole]
    begun.add(next_one)
    assert begun.read() == [whole, next_one]


@pytest.mark.parametrize(
    "line",
    ["", "nonsense", f"{ONE_ID} {ONE_ID} DOCUMENT_SEEN", f"{ONE_ID} {ONE_ID} GUESSED {ONE_ID}", "Ω Ω Ω Ω"],
)
def test_a_damaged_line_is_never_passed_over(tmp_path: Path, line: str) -> None:
    begun = BegunErasures(tmp_path)
    begun.file.write_text(f"{line}\n")
    with pytest.raises(KeysUnusable, match=r"Line 1 of .* is damaged"):
        begun.read()
