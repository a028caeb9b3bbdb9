"""Of merged records a person is told everything, and nothing of either is left when they are erased."""

import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId
from kernel.vocabulary import Routing
from services.intake.adapters.postgres_erasures import PostgresErasures
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.erasure import Certificate
from services.intake.domain.person_export import ExportPiece, ExportPlace, IdentityProof, Section
from services.intake.domain.rights_request import AskedBy, Right, RightsRequest
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
    return await rights.document(asked.rights_request_id)


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


async def erased(
    merges: Merges, asked: RightsRequest, tombstones: Tombstones, *others: BeneficiaryId
) -> Certificate:
    parts = merges.intake.parts
    command = EraseByRequest(uuid4(), asked.rights_request_id, IdentityProof.DOCUMENT_SEEN, frozenset(others))
    async with merges.intake.database.transaction(DPO) as tx:
        with_parts = ErasureParts(
            parts.people, Rights(merges.intake).store, PostgresErasures(), tombstones, parts.recalls
        )
        return await erase_by_request(command, tx, with_parts)


def _records(piece: ExportPiece) -> set[str]:
    assert piece.head is not None
    return set(piece.head.fields)


async def refused(call: Awaitable[object]) -> str:
    with pytest.raises(RuleBroken) as refusal:
        await call
    return refusal.value.stable_reason


async def test_a_request_about_one_record_opens_none_that_was_merged_with_it_later(merges: Merges) -> None:
    kept, merged = await two_given(merges)
    rights = Rights(merges.intake)
    before = await rights.register(kept)
    await merges.merge(kept, merged)
    assert await refused(rights.export(before.rights_request_id)) == "RECORDS_MERGED_SINCE"
    assert await merges.intake.rows("select from disclosure where kind = 'SUBJECT'") == []
    again = await rights.register(kept, received_time=before.received_time)
    assert _records(await rights.export(again.rights_request_id)) == {str(kept), str(merged)}
    assert again.due_time == before.due_time
    await merges.unmerge(merged)
    assert _records(await rights.export(before.rights_request_id)) == {str(kept)}


async def test_a_repeat_of_an_export_gives_no_record_that_was_merged_since(merges: Merges) -> None:
    kept, merged = await two_given(merges)
    rights, request_id = Rights(merges.intake), uuid4()
    asked = await rights.register(kept)
    await rights.export(asked.rights_request_id, request_id=request_id)
    await merges.merge(kept, merged)
    again = refused(rights.export(asked.rights_request_id, request_id=request_id))
    assert await again == "RECORDS_MERGED_SINCE"


async def test_an_officer_s_decision_opens_no_record_of_which_the_officer_did_not_know(
    merges: Merges, tmp_path: Path
) -> None:
    kept, merged = await two_given(merges)
    rights, tombstones = Rights(merges.intake), Tombstones(tmp_path)
    to_see = await rights.register(kept, asked_by=AskedBy.PARENT)
    to_erase = await rights.register(kept, Right.ERASURE, asked_by=AskedBy.PARENT)
    undecided = await rights.register(kept, asked_by=AskedBy.PARENT)
    for asked in (to_see, to_erase):
        await rights.protect(asked.rights_request_id, "HEALTH", with_history=True)
    await merges.merge(kept, merged)
    assert await refused(rights.export(to_see.rights_request_id)) == "RECORDS_MERGED_SINCE"
    assert await refused(erased(merges, to_erase, tombstones, merged)) == "RECORDS_MERGED_SINCE"
    await rights.protect(undecided.rights_request_id, with_history=True)
    assert _records(await rights.export(undecided.rights_request_id)) == {str(kept), str(merged)}


async def test_of_an_export_each_record_tells_who_was_given_it_also_after_unmerging(merges: Merges) -> None:
    kept, merged = await two_given(merges)
    await merges.merge(kept, merged)
    rights, request_id = Rights(merges.intake), uuid4()
    asked = await rights.register(kept)
    for _ in range(2):
        await rights.export(asked.rights_request_id, request_id=request_id)
    rows = await merges.intake.rows(
        "select beneficiary_id, disclosed_time, given_mask from disclosure where kind = 'SUBJECT'"
    )
    assert {row["beneficiary_id"] for row in rows} == {kept, merged}
    assert len(rows) == 2
    assert len({(row["disclosed_time"], row["given_mask"]) for row in rows}) == 1
    assert len(await merges.intake.told("RightsExportGiven")) == 2
    await rights.answer(asked.rights_request_id)
    await merges.unmerge(merged)
    for person in (kept, merged):
        found = await exported(merges, person)
        assert [one["kind"] for one in found["disclosures"]].count("SUBJECT") == 1


async def test_an_erasure_names_the_records_that_it_reaches_and_reaches_no_others(
    merges: Merges, tmp_path: Path
) -> None:
    kept, merged = await two_given(merges)
    rights, tombstones = Rights(merges.intake), Tombstones(tmp_path)
    asked_before = await rights.register(kept, Right.ERASURE)
    await merges.merge(kept, merged)
    asked = await rights.register(kept, Right.ERASURE)
    assert await refused(erased(merges, asked_before, tombstones, merged)) == "RECORDS_MERGED_SINCE"
    for named in ((), (kept,), (merged, BeneficiaryId(uuid4()))):
        assert await refused(erased(merges, asked, tombstones, *named)) == "RECORDS_NOT_NAMED"
    await merges.unmerge(merged)
    assert await refused(erased(merges, asked, tombstones, merged)) == "RECORDS_NOT_NAMED"
    assert tombstones.read() == []
    await erased(merges, asked_before, tombstones)
    assert [one.beneficiary_id for one in tombstones.read()] == [kept]


async def test_whoever_is_erased_is_so_on_both_records_and_after_a_restore_too(
    merges: Merges, tmp_path: Path
) -> None:
    kept, merged = await two_given(merges)
    await merges.merge(kept, merged)
    asked = await Rights(merges.intake).register(merged, Right.ERASURE)
    tombstones = Tombstones(tmp_path)
    certificate = await erased(merges, asked, tombstones, kept)
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


async def test_of_records_that_are_parted_no_later_piece_of_an_export_of_both_is_given(
    merges: Merges,
) -> None:
    kept, merged = await two_given(merges)
    await merges.merge(kept, merged)
    rights, request_id = Rights(merges.intake), uuid4()
    asked = (await rights.register(kept)).rights_request_id
    await rights.export(asked, request_id=request_id)
    place = ExportPlace(Section.DISCLOSURE, False, None, 0, records=2)
    later = await rights.export(asked, request_id=request_id, place=place)
    assert (later.head, len(later.lines[0].rows)) == (None, 2)
    await merges.unmerge(merged)
    assert await refused(rights.export(asked, request_id=request_id, place=place)) == "EXPORT_OUTDATED"
