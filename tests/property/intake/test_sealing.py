"""Whatever is sealed comes back as it was, and nowhere else."""

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters.file_keys import FileKeyProvider
from services.intake.adapters.record_format import fields_in, pieces_of, profile_in
from services.intake.adapters.sealing import RecordAltered, Sealer, seal, unseal
from services.intake.domain.beneficiary import (
    MAY_BE_ABSENT,
    Absence,
    Beneficiary,
    Birth,
    Name,
    Names,
    OptionalText,
)
from services.intake.domain.identifiers import normalised_amka, normalised_document_number, normalised_phone
from services.intake.domain.person_profile import profile_of
from tests.support.people import invented_person

_KEYS = Path(tempfile.mkdtemp(prefix="kem-keys-"))
atexit.register(shutil.rmtree, _KEYS)
FileKeyProvider.initialise(_KEYS)
SEALER = Sealer(FileKeyProvider.open(_KEYS), remembered_keys=4)

people = st.builds(
    invented_person,
    names=st.builds(
        Names, st.builds(Name, st.text(), st.text()), st.builds(Name, st.text(), st.text()), st.booleans()
    ),
    birth=st.builds(Birth, st.none() | st.dates(), st.none() | st.sampled_from(Absence), st.booleans()),
    amka=st.builds(OptionalText, st.none() | st.text(), st.none() | st.sampled_from(Absence)),
    specific_needs=st.lists(st.text()).map(tuple),
    **{f"{name}_absence": st.none() | st.sampled_from(Absence) for name in MAY_BE_ABSENT},
)


@given(st.binary(), st.uuids(), st.text(), st.integers(1, 1 << 60))
def test_what_is_sealed_is_opened_unchanged(plain: bytes, person: UUID, category: str, version: int) -> None:
    key = SEALER.new_key(person, "core")
    sealed = seal(key, person, category, version, plain)
    assert unseal(key, person, category, version, sealed) == plain
    assert seal(key, person, category, version, plain) != sealed


@given(st.binary(min_size=1), st.uuids(), st.uuids(), st.data())
def test_it_opens_for_no_other_person_category_version_key_or_bytes(
    plain: bytes, person: UUID, other: UUID, data: Any
) -> None:
    key, other_key = SEALER.new_key(person, "core"), SEALER.new_key(person, "core")
    sealed = seal(key, person, "NAME", 1, plain)
    place = data.draw(st.integers(0, len(sealed) - 1))
    altered = sealed[:place] + bytes([sealed[place] ^ data.draw(st.integers(1, 255))]) + sealed[place + 1 :]
    for wrong in (
        (key, UUID(int=other.int ^ 1 if other == person else other.int), "NAME", 1, sealed),
        (key, person, "FAMILY", 1, sealed),
        (key, person, "NAME", 2, sealed),
        (other_key, person, "NAME", 1, sealed),
        (key, person, "NAME", 1, altered),
        (key, person, "NAME", 1, sealed[: place // 2]),
    ):
        with pytest.raises(RecordAltered):
            unseal(*wrong)


@given(st.lists(st.uuids(), min_size=1, max_size=20))
def test_a_key_comes_back_from_its_wrapping_also_when_it_was_forgotten(persons: list[UUID]) -> None:
    kept = [(person, SEALER.new_key(person, "core")) for person in persons]
    for person, key in kept:
        sealed = seal(key, person, "NAME", 1, b"piece")
        row = {
            "beneficiary_id": person,
            "key_class": "core",
            "key_id": key.key_id,
            "epoch": key.wrapped.epoch,
            "wrapped": key.wrapped.wrapped,
        }
        again = SEALER.key_of(row)
        assert again is not None
        assert unseal(again, person, "NAME", 1, sealed) == b"piece"
        assert SEALER.key_of(row | {"wrapped": None}) is None


@given(people)
def test_a_person_cut_into_categories_is_the_same_person_put_together(person: Beneficiary) -> None:
    pieces = pieces_of(person, "KEM-2026-000001-A", profile_of(person))
    assert profile_in(pieces.pop("PROFILE")) == profile_of(person)
    known: dict[str, Any] = {}
    for piece in pieces.values():
        known |= fields_in(piece)
    assert known.pop("case_code") == "KEM-2026-000001-A"
    assert Beneficiary(**known) == person


@given(st.text())
def test_normalising_twice_is_normalising_once(typed: str) -> None:
    for normalise in (normalised_phone, normalised_document_number, normalised_amka):
        once = normalise(typed)
        assert once is None or normalise(once) == once
