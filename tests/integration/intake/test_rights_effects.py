"""A request is answered as fulfilled only when what was asked for is done, over a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel.errors import Invalid, KemError, NotFound, RuleBroken
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.recall import RecallCause
from services.intake.domain.rights_request import NoExportGround, Right, RightsAnswer, RightsRequest
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from tests.integration.intake.test_corrections import RIGHT_NAME, correct
from tests.support.consented_people import agreement_with, bits, grant, member_of, named
from tests.support.recalls import HOLDER, Recalls
from tests.support.rights import Rights
from tests.support.telephone import A
from tests.support.vault import DPO, KEM, worker_of

SUPERVISOR = worker_of(KEM, "supervisor")


@pytest.fixture
def rights(recalls: Recalls) -> Rights:
    return Rights(recalls.intake)


async def refused(reason: str, rights: Rights, request: RightsRequest, **how: Any) -> None:
    with pytest.raises(KemError) as refusal:
        await rights.answer(request.rights_request_id, **how)
    assert refusal.value.stable_reason == reason


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
async def test_to_see_is_fulfilled_by_an_export_of_that_request_or_for_a_reason(
    rights: Rights, right: Right
) -> None:
    person = await rights.intake.person()
    earlier, request = await rights.register(person), await rights.register(person, right)
    await rights.export(earlier.rights_request_id)
    await refused("EXPORT_MISSING", rights, request)
    export = await rights.export(request.rights_request_id)
    for one, by in ((request, DPO), (earlier, SUPERVISOR)):
        await rights.answer(one.rights_request_id, by=by)
    rows = await rights.intake.rows(
        "select * from rights_request where fulfilled_by_id = $1", export.disclosure_id
    )
    assert [row["rights_request_id"] for row in rows] == [request.rights_request_id]
    third = await rights.register(person, right)
    await rights.answer(third.rights_request_id, no_export_ground=NoExportGround.TOLD_ORALLY)
    [row] = await rights.intake.rows("select * from rights_request where no_export_ground is not null")
    assert (row["rights_request_id"], row["fulfilled_by_id"]) == (third.rights_request_id, None)


async def test_a_reason_for_no_export_is_of_requests_to_see_only(rights: Rights) -> None:
    person = await rights.intake.person()
    ground = NoExportGround.ALREADY_GIVEN
    await refused(
        "NO_EXPORT_GROUND", rights, await rights.register(person, Right.ERASURE), no_export_ground=ground
    )
    seen = await rights.register(person)
    await refused("NO_EXPORT_GROUND", rights, seen, answer=RightsAnswer.TAKEN_BACK, no_export_ground=ground)


async def test_a_correction_is_fulfilled_by_one_since_the_person_asked(
    rights: Rights, recalls: Recalls
) -> None:
    person = await rights.intake.person()
    await correct(recalls, person, names=RIGHT_NAME)
    request = await rights.register(person, Right.CORRECTION)
    await refused("NOT_CORRECTED", rights, request)
    await correct(recalls, person, version=2, district="ATHENS_2")
    await rights.answer(request.rights_request_id)
    [row] = await rights.intake.rows("select fulfilled_by_id from rights_request")
    [made] = await rights.intake.rows("select correction_id from correction where version = 3")
    assert row["fulfilled_by_id"] == made["correction_id"]


async def test_an_erasure_is_fulfilled_once_the_person_is_erased(rights: Rights, tmp_path: Path) -> None:
    intake = rights.intake
    person = await intake.person()
    request = await rights.register(person, Right.ERASURE)
    await refused("NOT_ERASED", rights, request)
    async with intake.database.transaction(intake.desk) as tx:
        parts = intake.parts
        await erase_beneficiary(person, tx, parts.people, Tombstones(tmp_path), parts.recalls)
    await rights.answer(request.rights_request_id)


async def test_a_restriction_gives_nothing_to_anybody_until_it_is_lifted(
    rights: Rights, recalls: Recalls
) -> None:
    intake = rights.intake
    person = await recalls.person_who_allows(A)
    need = await recalls.given(person, A)
    requests = [await rights.register(person, Right.RESTRICTION) for _ in range(2)]
    for request, by in zip(requests, (DPO, SUPERVISOR), strict=True):
        await rights.answer(request.rights_request_id, by=by)
    with pytest.raises(RuleBroken):
        await intake.disclose(need, HOLDER)
    [row] = await intake.rows("select refusal_reason from disclosure where outcome = 'REFUSED'")
    assert row["refusal_reason"] == "CONSENT_FROZEN"
    assert [one["type"] for one in await intake.told("ConsentFrozen")] == ["ConsentFrozen"] * 2
    with pytest.raises(RuleBroken) as refusal:
        await intake.consent(person, grant(A, bits("NAME")))
    assert refusal.value.stable_reason == "USE_RESTRICTED"
    first, second = (request.rights_request_id for request in requests)
    with pytest.raises(Invalid):
        await rights.lift(first, datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(NotFound):
        await rights.lift(first, by=worker_of(A, "supervisor"))
    await rights.lift(first)
    with pytest.raises(RuleBroken):
        await intake.disclose(need, HOLDER)
    with pytest.raises(RuleBroken) as again:
        await rights.lift(first)
    assert again.value.stable_reason == "NOT_RESTRICTED"
    await rights.lift(second, by=SUPERVISOR)
    assert (await intake.disclose(need, HOLDER)).given_mask == bits("NAME", "LANGUAGES", "SAFE_CONTACT")


async def test_an_objection_ends_what_does_not_rest_on_consent_and_asks_it_back(
    rights: Rights, recalls: Recalls
) -> None:
    intake = rights.intake
    person = await intake.person()
    await intake.agree(agreement_with(A))
    await intake.consent(person, grant(A, bits("NAME")))
    # no door lets another basis in yet; what was laid down by law stands like this
    for table in ("consent_grant", "grant_cell"):
        await recalls.superuser.execute(f"update intake.{table} set legal_basis = 'PUBLIC_TASK'")
    await intake.consent(person, grant(A, bits("LANGUAGES")))
    need = await recalls.given(person, A)
    await intake.withdraw(person, A)
    request = await rights.register(person, Right.OBJECTION)
    await rights.answer(request.rights_request_id)
    causes = {one.cause: named(one.recalled_mask) for one in await recalls.open()}
    assert causes == {RecallCause.WITHDRAWN: {"LANGUAGES"}, RecallCause.OBJECTED: {"NAME"}}
    with pytest.raises(RuleBroken):
        await intake.disclose(need, member_of(A))
    [event] = await intake.rows("select * from consent_event where state = 'OBJECTED'")
    [row] = await intake.rows("select fulfilled_by_id from rights_request")
    assert row["fulfilled_by_id"] == event["consent_event_id"]
