"""Of merged records a person is told everything, and nothing of either is left when they are erased."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId
from kernel.vocabulary import Routing
from services.intake.adapters.postgres_erasures import PostgresErasures
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.person_export import IdentityProof
from services.intake.domain.rights_request import AskedBy, Right
from services.intake.entrypoints.export_document import export_document
from services.intake.use_cases.erase_by_request import (
    EraseByRequest,
    ErasureParts,
    erase_by_request,
    get_erasure_certificate,
)
from tests.support.consented_people import OpenIntake, member_of
from tests.support.merges import PROTECTOR, Merges
from tests.support.rights import Rights
from tests.support.telephone import A
from tests.support.vault import DPO
from tools.rights.page import page_of


@pytest.fixture
def merges(intake: OpenIntake) -> Merges:
    return Merges(intake)


async def two_given(merges: Merges) -> tuple[BeneficiaryId, BeneficiaryId]:
    """Two records of each of which A was given everything."""
    kept, merged = await merges.two()
    for person in (kept, merged):
        await merges.intake.disclose(await merges.holding(person), member_of(A))
    return kept, merged


async def exported(merges: Merges, person: BeneficiaryId, **changes: Any) -> dict[str, Any]:
    rights = Rights(merges.intake)
    asked = await rights.register(person, Right.ACCESS, **changes)
    document: dict[str, Any] = json.loads(export_document(await rights.export(asked.rights_request_id)))
    return document


async def test_an_export_by_either_record_tells_of_both_and_after_unmerging_of_its_own(
    merges: Merges,
) -> None:
    kept, merged = await two_given(merges)
    await merges.intake.need(
        merged, service_type="GBV_SHELTER", routing=Routing.ASK_FIRST, note="He must not find me."
    )
    alone = await exported(merges, merged)
    await merges.merge(kept, merged, by=PROTECTOR)
    await merges.intake.withdraw(kept)
    for person, other in ((kept, merged), (merged, kept)):
        found = await exported(merges, person)
        assert found["person"]["beneficiary_id"] == str(person)
        [another] = found["other_records"]
        assert another["beneficiary_id"] == str(other)
        assert another["contacts"][0]["value"].startswith("+3069")
        needs = sorted(one["service_type"] for one in found["needs"])
        assert needs == ["GBV_SHELTER", "GREEK_A1", "GREEK_A1"]
        assert {one["note"] for one in found["needs"]} == {"", "He must not find me."}
        states = [one["dpv:hasConsentStatus"]["@id"] for one in found["consents"]["@graph"]]
        assert states == ["dpv:ConsentWithdrawn"] * 2
        assert all(len(one["dct:hasPart"]) == 2 for one in found["consents"]["@graph"])
        assert len([one for one in found["disclosures"] if one["kind"] == "PULLED"]) == 2
        assert len(found["recalls"]) == 2
        page = page_of(found, {}, "en")
        assert "Another record of the same person" in page
        assert another["contacts"][0]["value"] in page
    await merges.unmerge(merged, by=PROTECTOR)
    again = await exported(merges, merged)
    assert (again["other_records"], again["needs"]) == ([], alone["needs"])


async def test_others_see_of_the_other_record_no_more_than_of_the_first(merges: Merges) -> None:
    kept, merged = await two_given(merges)
    await merges.merge(kept, merged)
    found = await exported(merges, kept, asked_by=AskedBy.SPOUSE)
    [another] = found["other_records"]
    assert set(another) == set(found["person"])
    assert "contacts" not in another
    assert "disclosures" not in found


async def test_whoever_is_erased_is_so_on_both_records_and_after_a_restore_too(
    merges: Merges, tmp_path: Path
) -> None:
    kept, merged = await two_given(merges)
    await merges.merge(kept, merged)
    rights, parts = Rights(merges.intake), merges.intake.parts
    asked = await rights.register(merged, Right.ERASURE)
    tombstones = Tombstones(tmp_path)
    async with merges.intake.database.transaction(DPO) as tx:
        command = EraseByRequest(uuid4(), asked.rights_request_id, IdentityProof.DOCUMENT_SEEN)
        certificate = await erase_by_request(
            command,
            tx,
            ErasureParts(parts.people, rights.store, PostgresErasures(), tombstones, parts.recalls),
        )
    assert await merges.intake.rows("select from data_key") == []
    assert await merges.intake.rows("select from blind_index") == []
    rows = await merges.intake.rows("select beneficiary_id from beneficiary where erased_time is not null")
    assert {row["beneficiary_id"] for row in rows} == {kept, merged}
    assert {one.beneficiary_id for one in tombstones.read()} == {kept, merged}
    document = json.loads(certificate.document)
    assert len(document["destroyed"]["keys"]) == 6
    kept_rows = {one["rows_of"]: one["count"] for one in document["kept"]}
    assert (kept_rows["consent"], kept_rows["disclosure"], kept_rows["beneficiary_merge"]) == (2, 2, 1)
    recalls = await merges.intake.rows("select beneficiary_id from recall where cause = 'ERASED'")
    assert {row["beneficiary_id"] for row in recalls} == {kept, merged}
    assert len(document["answers"]) == 2
    async with merges.intake.database.transaction(DPO) as tx:
        _, answers = await get_erasure_certificate(certificate.certificate_id, tx, PostgresErasures())
    assert [one["answer"] for one in json.loads(answers)["answers"]] == ["NOT_YET", "NOT_YET"]
    with pytest.raises(RuleBroken) as refusal:
        await merges.unmerge(merged)
    assert refusal.value.stable_reason == "BENEFICIARY_ERASED"
