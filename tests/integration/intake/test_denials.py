"""Who may deny for a child, how far that reaches, and who lifts a denial that harms the child."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chassis.caller import Caller
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import KemError
from kernel.ids import BeneficiaryId, ConsentId
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.domain.beneficiary import Birth, Guardian
from services.intake.domain.cells import GrantEffect, compile_cells
from services.intake.domain.consent import ConsentGiver
from services.intake.domain.need import RecordedNeed
from services.intake.use_cases.lift_denial import LiftDenial, lift_denial
from tests.support.consented_people import (
    OpenIntake,
    agreement_with,
    bits,
    grant,
    member_of,
    named,
    open_intake,
)
from tests.support.emergency_access import Emergency
from tests.support.merges import PROTECTOR, Merges
from tests.support.postgres import MakeDatabase
from tests.support.rights import Rights
from tests.support.telephone import A, Telephone
from tools.check.report import check_database

TEN = Birth((datetime.now(UTC) - timedelta(days=3_700)).date())
MOTHER = Guardian("Mariam", "PARENT")
BY_PARENT: dict[str, Any] = {"given_by": ConsentGiver.PARENT, "authority_reference": "ΛΗΞ-12"}
NOBODY = Guardian("", "NOT_APPOINTED")


async def held(intake: OpenIntake, guardian: Guardian = MOTHER) -> tuple[BeneficiaryId, RecordedNeed]:
    """A child, and a referral of theirs that A holds."""
    await intake.agree(agreement_with(A))
    child = await intake.person(birth=TEN, guardian=guardian)
    if guardian is MOTHER:
        await intake.consent(child, grant(A), **BY_PARENT, child_assents=True)
    need = await intake.need(child)
    await intake.accepted(need, A)
    return child, need


async def denied(intake: OpenIntake, child: BeneficiaryId, **changes: Any) -> ConsentId:
    denial = grant(A, bits("SAFE_CONTACT"), effect=GrantEffect.DENY)
    return await intake.consent(child, denial, **(BY_PARENT | changes))


async def seen(intake: OpenIntake, need: RecordedNeed) -> set[str] | str:
    """What an emergency access shows A, which asks for a contact and the birth date."""
    emergency = Emergency(intake)
    access_id = await emergency.ask(need.referral_id, "SAFE_CONTACT", "BIRTH_AND_SEX")
    await emergency.decide(access_id)
    return named((await emergency.see(access_id)).given_mask)


async def given(intake: OpenIntake, need: RecordedNeed) -> set[str]:
    return named((await intake.disclose(need, member_of(A))).given_mask)


async def lift(
    intake: OpenIntake, child: BeneficiaryId, consent_id: ConsentId, *, by: Caller = PROTECTOR
) -> datetime:
    command = LiftDenial(uuid4(), child, consent_id, "MARKED: the father keeps help away.")
    parts = intake.parts
    async with intake.database.transaction(by) as tx:
        return await lift_denial(command, tx, parts.people, parts.consents, parts.vault, parts.recalls)


async def refused(call: Any) -> str:
    with pytest.raises(KemError) as refusal:
        await call
    return refusal.value.stable_reason


BOTH = {"SAFE_CONTACT", "BIRTH_AND_SEX"}


async def test_a_denial_by_who_may_decide_for_the_child_binds_an_emergency_too(intake: OpenIntake) -> None:
    child, need = await held(intake)
    await denied(intake, child)
    assert await seen(intake, need) == {"BIRTH_AND_SEX"}
    assert "SAFE_CONTACT" not in await given(intake, need)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"authority_reference": ""},
        {"given_by": ConsentGiver.GUARDIAN, "authority_reference": "ΕΙΣ-7"},
    ],
)
async def test_a_denial_by_somebody_who_is_not_on_record_holds_for_consent_and_not_in_an_emergency(
    intake: OpenIntake, how: dict[str, Any]
) -> None:
    child, need = await held(intake, MOTHER if how else NOBODY)
    before = await given(intake, need) if how else set()
    await denied(intake, child, **how)
    assert await seen(intake, need) == BOTH
    if how:
        assert await given(intake, need) == before - {"SAFE_CONTACT"}


async def test_while_who_decides_is_doubted_their_denial_does_not_bind_an_emergency_and_the_childs_does(
    intake: OpenIntake,
) -> None:
    child, need = await held(intake)
    await Merges(intake).freeze(child)
    await denied(intake, child)
    assert await seen(intake, need) == BOTH
    await denied(intake, child, given_by=ConsentGiver.SELF, authority_reference="")
    assert await seen(intake, need) == {"BIRTH_AND_SEX"}


async def test_an_officer_lifts_a_denial_that_harms_the_child_and_help_may_come(intake: OpenIntake) -> None:
    child, need = await held(intake)
    whole = await given(intake, need)
    denial = await denied(intake, child)
    told = len(await intake.told("ProfileChanged"))
    await lift(intake, child, denial)
    assert await seen(intake, need) == BOTH
    assert await given(intake, need) == whole
    assert len(await intake.told("ProfileChanged")) == told + 1
    [row] = await intake.rows(
        "select consent_event::text as whole, by_principal_id, consent_id from consent_event"
        " where state = 'DENIAL_LIFTED'"
    )
    assert (row["by_principal_id"], row["consent_id"]) == (PROTECTOR.principal_id, denial)
    assert "MARKED" not in row["whole"]
    assert await refused(lift(intake, child, denial)) == "NOTHING_DENIED"
    await denied(intake, child)
    assert await seen(intake, need) == {"BIRTH_AND_SEX"}


async def test_a_childs_export_tells_that_a_denial_was_lifted_and_not_why(intake: OpenIntake) -> None:
    child, _ = await held(intake, NOBODY)
    await lift(intake, child, await denied(intake, child))
    rights = Rights(intake)
    asked = await rights.register(child)
    document = await rights.document(asked.rights_request_id)
    [record] = document["consents"]["@graph"]
    assert record["dpv:hasConsentStatus"]["@id"] == "dpv:ConsentGiven"
    assert "kem:DenialLifted" in json.dumps(record["dct:hasPart"])
    assert "MARKED" not in json.dumps(document)


async def test_lifting_a_denial_permits_nothing(intake: OpenIntake) -> None:
    child, need = await held(intake, NOBODY)
    await lift(intake, child, await denied(intake, child))
    assert await refused(given(intake, need)) == "CONSENT_NOT_IN_FORCE"


async def test_what_the_child_or_a_grown_up_denies_is_lifted_by_nobody(intake: OpenIntake) -> None:
    child, _ = await held(intake)
    own = await denied(intake, child, given_by=ConsentGiver.SELF, authority_reference="")
    assert await refused(lift(intake, child, own)) == "OWN_DENIAL"
    grown_up = await intake.person()
    theirs = await intake.consent(grown_up, grant(A, effect=GrantEffect.DENY))
    assert await refused(lift(intake, grown_up, theirs)) == "NOT_A_CHILD"
    assert await refused(lift(intake, child, theirs)) == "CONSENT_NOT_FOUND"


async def test_by_telephone_a_denial_counts_until_it_was_lifted(intake: OpenIntake) -> None:
    child, need = await held(intake)
    denial = await denied(intake, child)
    before = datetime.now(UTC)
    await lift(intake, child, denial)
    telephone = Telephone(intake, PostgresEmergencies())
    told_before = telephone.hand_over(need, "SAFE_CONTACT", happened_time=before)
    assert await refused(told_before) == "TOLD_MORE_THAN_CONSENT"
    await telephone.hand_over(need, "SAFE_CONTACT")


async def test_of_merged_records_lifting_it_on_one_lifts_it_for_both(intake: OpenIntake) -> None:
    child, need = await held(intake)
    whole = await given(intake, need)
    other = await intake.person(birth=TEN, guardian=MOTHER)
    denial = await denied(intake, other)
    await Merges(intake).merge(other, child, by=PROTECTOR)
    assert await given(intake, need) == whole - {"SAFE_CONTACT"}
    await lift(intake, other, denial)
    assert await given(intake, need) == whole


async def test_the_cells_made_again_and_the_checker_know_what_was_lifted(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    database = fresh_database(schemas=("intake",))
    async with open_intake(database, tmp_path) as intake:
        child, need = await held(intake)
        denial = await denied(intake, child)
        await given(intake, need)
        await lift(intake, child, denial)
        await given(intake, need)
        await denied(intake, child, given_by=ConsentGiver.GUARDIAN, authority_reference="ΕΙΣ-7")
        await given(intake, need)
        await seen(intake, need)
        async with intake.database.transaction(intake.desk) as tx:
            again = compile_cells(await intake.parts.consents.events(tx, child))
        cells = await intake.rows("select cell_id, withdrawn_event_id from grant_cell")
        assert {(one.cell_id, one.withdrawn_event_id) for one in again} == set(map(tuple, cells))
        report = await check_database(database.check_url)
    assert [one for one in report.findings if one.violations and not one.id.startswith("I8")] == []
    checked = {one.id: one.checked for one in report.findings}
    assert checked["I6-permitted-when-given"] == 3
    assert checked["I17-who-is-excluded-stays-excluded"] == 1
    assert checked["I6-cells-are-what-was-signed"] > 0


async def test_what_a_denial_had_asked_back_is_settled_when_it_is_lifted(intake: OpenIntake) -> None:
    child, need = await held(intake)
    whole = await given(intake, need)
    consent_id = await denied(intake, child)
    assert len(await intake.told("RecallOpened")) == 1
    await lift(intake, child, consent_id)
    [event] = await intake.told("RecallAcknowledged")
    told = DisclosureEvent.FromString(event["payload"]).recall_acknowledged
    assert (named(told.kept_mask), told.kept_ground) == ({"SAFE_CONTACT"}, "PERMITTED_AGAIN")
    assert await given(intake, need) == whole
