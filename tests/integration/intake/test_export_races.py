"""An export that has to wait for an erasure, a merge or its end tells what is so after it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.postgres import Transaction
from kernel.errors import KemError
from kernel.ids import BeneficiaryId
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.person_export import ExportPiece
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.unmerge_beneficiaries import UnmergeBeneficiaries, unmerge_beneficiaries
from tests.integration.chassis.waiting import until
from tests.support.consented_people import METHOD, OpenIntake
from tests.support.merges import SUPERVISOR, WORDS, Merges
from tests.support.rights import Rights


@pytest.fixture
def rights(intake: OpenIntake) -> Rights:
    return Rights(intake)


async def exported_during(rights: Rights, asked: UUID, act: Callable[[Transaction], Any]) -> ExportPiece:
    """The export that began while `act` was under way, and had to wait until it committed."""
    intake = rights.intake
    async with intake.database.transaction(SUPERVISOR) as tx:
        await act(tx)
        export = asyncio.ensure_future(rights.export(asked))

        async def waits() -> bool:
            return bool(await intake.rows("select from pg_locks where not granted"))

        await until(waits)
    return await export


async def given(rights: Rights) -> set[BeneficiaryId]:
    rows = await rights.intake.rows("select beneficiary_id from disclosure where kind = 'SUBJECT'")
    return {row["beneficiary_id"] for row in rows}


async def refused(call: Any) -> str:
    with pytest.raises(KemError) as refusal:
        await call
    return refusal.value.stable_reason


@pytest.mark.parametrize("is_merged", [False, True])
async def test_of_whoever_is_erased_meanwhile_nothing_is_given(
    rights: Rights, tmp_path: Path, *, is_merged: bool
) -> None:
    merges, parts = Merges(rights.intake), rights.intake.parts
    person, other = await merges.two()
    if is_merged:
        await merges.merge(person, other)
    asked = (await rights.register(person)).rights_request_id

    async def erase(tx: Transaction) -> None:
        await erase_beneficiary(person, tx, parts.people, Tombstones(tmp_path), parts.recalls)

    assert await refused(exported_during(rights, asked, erase)) == "BENEFICIARY_ERASED"
    assert await given(rights) == set()


async def test_of_records_that_are_parted_meanwhile_only_the_own_one_is_given(rights: Rights) -> None:
    merges = Merges(rights.intake)
    kept, merged = await merges.two()
    await merges.merge(kept, merged)
    asked = (await rights.register(kept)).rights_request_id

    async def part(tx: Transaction) -> None:
        await unmerge_beneficiaries(UnmergeBeneficiaries(uuid4(), merged, WORDS), METHOD, tx, merges.parts)

    piece = await exported_during(rights, asked, part)
    assert piece.head is not None
    assert set(piece.head.fields) == {str(kept)}
    assert await given(rights) == {kept}


async def test_of_records_that_are_merged_meanwhile_nothing_is_given(rights: Rights) -> None:
    merges = Merges(rights.intake)
    kept, merged = await merges.two()
    asked = (await rights.register(kept)).rights_request_id

    async def merge(tx: Transaction) -> None:
        await merges.merge(kept, merged, tx=tx)

    assert await refused(exported_during(rights, asked, merge)) == "RECORDS_MERGED_SINCE"
    assert await given(rights) == set()
