"""Of merged records whatever closes holds for both, and whatever opens holds for its own record only."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.disclosure.v1.recall_service_pb2 import RecallCause
from kernel.errors import KemError, NotPermitted
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.cells import GrantEffect
from services.intake.domain.need import RecordedNeed
from services.intake.entrypoints.recall_server import recall_message
from services.intake.use_cases.list_recalls import RecallView
from services.intake.use_cases.withdraw_consent import WithdrawConsent, withdraw_consent
from tests.integration.chassis.waiting import until
from tests.support.consented_people import OpenIntake, bits, grant, member_of, named, open_intake
from tests.support.emergency_access import Emergency
from tests.support.merges import PROTECTOR, SUPERVISOR, Merges
from tests.support.postgres import MakeDatabase
from tests.support.recalls import Recalls
from tests.support.telephone import A, Telephone
from tools.check.report import check_database


@pytest.fixture
def merges(intake: OpenIntake) -> Merges:
    return Merges(intake)


async def given(merges: Merges, need: RecordedNeed) -> set[str] | str:
    """What A is given of the referral's person, or why nothing."""
    try:
        return named((await merges.intake.disclose(need, member_of(A))).given_mask)
    except KemError as refusal:
        return refusal.stable_reason


async def denied(merges: Merges, person: BeneficiaryId, *categories: str, **period: Any) -> None:
    await merges.intake.consent(person, grant(A, bits(*categories), effect=GrantEffect.DENY), **period)


@pytest.mark.parametrize("order", ["denied first", "merged first"])
@pytest.mark.parametrize("asked_of", ["kept", "merged"])
async def test_what_one_record_denies_the_other_does_not_give(
    merges: Merges, order: str, asked_of: str
) -> None:
    kept, merged = await merges.two()
    person, other = (kept, merged) if asked_of == "kept" else (merged, kept)
    need = await merges.holding(person)
    everything = await given(merges, need)
    assert {"NAME", "SAFE_CONTACT"} < set(everything)
    if order == "merged first":
        await merges.merge(kept, merged)
    await denied(merges, other, "SAFE_CONTACT")
    if order == "denied first":
        await merges.merge(kept, merged)
    assert await given(merges, need) == set(everything) - {"SAFE_CONTACT"}
    await merges.unmerge(merged, by=PROTECTOR)
    assert await given(merges, need) == everything


async def test_a_supervisor_does_not_end_a_merge_by_which_a_denial_holds(merges: Merges) -> None:
    kept, merged = await merges.two()
    need = await merges.holding(merged)
    await merges.merge(kept, merged)
    await denied(merges, kept, "NAME")
    with pytest.raises(NotPermitted) as refused:
        await merges.unmerge(merged, by=SUPERVISOR)
    assert refused.value.stable_reason == "OFFICER_NEEDED"
    assert "NAME" not in await given(merges, need)
    await merges.unmerge(merged, by=PROTECTOR)


async def test_what_one_record_permits_opens_nothing_of_the_other(merges: Merges) -> None:
    kept, merged = await merges.two()
    await merges.holding(merged)
    await merges.merge(kept, merged)
    need = await merges.intake.need(kept)
    await merges.intake.accepted(need, A)
    assert (await merges.profile(need)).permitted_agency_ids == ()
    assert await given(merges, need) == "CONSENT_NOT_IN_FORCE"
    await merges.intake.consent(kept, grant(A, bits("NAME")))
    assert (await merges.profile(need)).permitted_agency_ids == (A,)
    assert await given(merges, need) == {"NAME"}


async def test_a_sibling_s_denial_holds_too_and_whoever_matches_finds_nobody_permitted(
    merges: Merges,
) -> None:
    kept, merged = await merges.two()
    sibling, _ = await merges.two()
    need = await merges.holding(merged)
    assert (await merges.profile(need)).permitted_agency_ids == (A,)
    await merges.merge(kept, merged)
    await merges.merge(kept, sibling)
    told = len(await merges.intake.told("ProfileChanged"))
    await merges.intake.consent(sibling, grant(A, effect=GrantEffect.DENY))
    assert len(await merges.intake.told("ProfileChanged")) == told + 3
    assert (await merges.profile(need)).permitted_agency_ids == ()
    assert await given(merges, need) == "CONSENT_NOT_IN_FORCE"
    await merges.unmerge(sibling, by=PROTECTOR)
    assert (await merges.profile(need)).permitted_agency_ids == (A,)


async def test_a_freeze_of_one_record_is_a_freeze_of_both(merges: Merges) -> None:
    kept, merged = await merges.two()
    need = await merges.holding(merged)
    await merges.merge(kept, merged)
    await merges.freeze(kept)
    assert await given(merges, need) == "CONSENT_NOT_IN_FORCE"
    assert (await merges.profile(need)).permitted_agency_ids == ()
    with pytest.raises(KemError) as refusal:
        await merges.intake.consent(merged, grant(A))
    assert refusal.value.stable_reason == "CONSENT_FROZEN"


async def test_consent_is_taken_back_on_both_records_and_asked_back_of_both(recalls: Recalls) -> None:
    merges = Merges(recalls.intake)
    kept, merged = await merges.two()
    for person in (kept, merged):
        await given(merges, await merges.holding(person))
    await merges.merge(kept, merged)
    withdrawal = await merges.intake.withdraw(merged)
    assert (withdrawal.grants_closed, len(withdrawal.recalls)) == (2, 2)
    assert {one.beneficiary_id for one in withdrawal.recalls} == {kept, merged}
    await merges.unmerge(merged, by=PROTECTOR)
    rows = await merges.intake.rows(
        "select beneficiary_id from consent_event where state = 'WITHDRAWN' order by beneficiary_id"
    )
    assert [row["beneficiary_id"] for row in rows] == sorted((kept, merged))


@pytest.mark.parametrize("of_agency", [False, True])
@pytest.mark.parametrize("said_on", ["kept", "merged"])
async def test_what_was_taken_back_on_one_record_ends_by_the_merge_what_was_older_on_the_other(
    recalls: Recalls, said_on: str, *, of_agency: bool
) -> None:
    merges = Merges(recalls.intake)
    kept, merged = await merges.two()
    person, other = (kept, merged) if said_on == "merged" else (merged, kept)
    need = await merges.holding(person)
    whole = await given(merges, need)
    said = datetime.now(UTC)
    await given(merges, need)
    await merges.intake.withdraw(other, A if of_agency else None, happened_time=said)
    assert await given(merges, need) == whole
    await merges.merge(kept, merged)
    assert await given(merges, need) == "CONSENT_NOT_IN_FORCE"
    [recall] = await recalls.open()
    assert (recall.beneficiary_id, recall.cause) == (person, "WITHDRAWN")
    assert [one.is_in_between for one in recall.disclosures] == [False, True, True]
    await merges.unmerge(merged)
    assert await given(merges, need) == "CONSENT_NOT_IN_FORCE"
    await merges.intake.consent(person, grant(A, bits("NAME")))
    assert await given(merges, need) == {"NAME"}


async def test_what_was_said_after_the_withdrawal_stays_when_the_records_are_merged(merges: Merges) -> None:
    kept, merged = await merges.two()
    need = await merges.holding(merged)
    await merges.intake.withdraw(kept)
    await merges.intake.consent(merged, grant(A, bits("NAME")))
    await merges.intake.consent(
        merged, grant(A, bits("LANGUAGES")), happened_time=datetime.now(UTC) - timedelta(hours=1)
    )
    await merges.merge(kept, merged)
    assert await given(merges, need) == {"NAME"}
    await merges.unmerge(merged)
    await merges.merge(merged, kept)
    assert await given(merges, need) == {"NAME"}


async def test_a_sibling_s_withdrawal_reaches_the_others_and_another_agency_s_none(merges: Merges) -> None:
    kept, merged = await merges.two()
    sibling, _ = await merges.two()
    need = await merges.holding(merged)
    whole = await given(merges, need)
    await merges.intake.withdraw(sibling, member_of(A).principal_id)
    await merges.merge(kept, merged)
    await merges.merge(kept, sibling)
    assert await given(merges, need) == whole
    await merges.unmerge(sibling)
    await merges.intake.withdraw(sibling)
    await merges.merge(kept, sibling)
    assert await given(merges, need) == "CONSENT_NOT_IN_FORCE"


async def test_what_one_record_denied_and_the_other_gave_is_asked_back_when_they_are_merged(
    recalls: Recalls,
) -> None:
    merges = Merges(recalls.intake)
    kept, merged = await merges.two()
    need = await merges.holding(merged)
    before = await given(merges, need)
    await denied(merges, kept, "NAME")
    await given(merges, need)
    assert await recalls.open() == []
    await merges.merge(kept, merged)
    [recall] = await recalls.open()
    assert (recall.beneficiary_id, recall.cause, named(recall.recalled_mask)) == (
        merged,
        "EXCLUDED",
        {"NAME"},
    )
    [event] = await merges.intake.told("RecallOpened")
    told = DisclosureEvent.FromString(event["payload"]).recall_opened
    assert told.cause == "WITHDRAWN", "an agency does not learn that the person has named it"
    page = [recall_message(recall, "", view, datetime.now(UTC)).cause for view in RecallView]
    assert {RecallCause.Name(one) for one in page} == {"RECALL_CAUSE_WITHDRAWN", "RECALL_CAUSE_EXCLUDED"}
    assert [one.is_in_between for one in recall.disclosures] == [False, True]
    await denied(merges, kept, "LANGUAGES")
    asked = set().union(*(named(one.recalled_mask) for one in await recalls.open()))
    assert asked == {"NAME", "LANGUAGES"}
    assert asked < set(before)
    await merges.unmerge(merged, by=PROTECTOR)
    assert await recalls.open() == [], "what the other record had denied is permitted again"
    facts = [
        DisclosureEvent.FromString(event["payload"]).recall_acknowledged
        for event in await merges.intake.told("RecallAcknowledged")
    ]
    assert [(fact.destroyed_mask, fact.kept_ground) for fact in facts] == [(0, "PERMITTED_AGAIN")] * 2
    await denied(merges, merged, "NAME")
    [again] = await recalls.open()
    assert named(again.recalled_mask) == {"NAME"}, "what was kept because it was permitted again"


async def test_what_is_permitted_again_in_part_and_what_was_answered_stay_as_they_are(
    recalls: Recalls,
) -> None:
    merges = Merges(recalls.intake)
    kept, merged = await merges.two()
    need = await merges.holding(merged)
    await given(merges, need)
    await merges.merge(kept, merged)
    await denied(merges, kept, "LANGUAGES")
    [first] = await recalls.open()
    await recalls.answer(first)
    await denied(merges, kept, "NAME", "SAFE_CONTACT")
    await denied(merges, merged, "NAME")
    await merges.unmerge(merged, by=PROTECTOR)
    [open_still] = await recalls.open()
    assert named(open_still.recalled_mask) == {"NAME", "SAFE_CONTACT"}


async def test_a_denial_that_begins_by_time_alone_is_told_of_the_other_record_too(recalls: Recalls) -> None:
    merges = Merges(recalls.intake)
    kept, merged = await merges.two()
    now = datetime.now(UTC)
    await denied(merges, kept, "NAME", valid_from_time=now + timedelta(days=2))
    await merges.merge(kept, merged)
    await denied(merges, merged, "NAME", valid_from_time=now + timedelta(days=1))
    told = len(await merges.intake.told("ProfileChanged"))
    await recalls.time_passes(timedelta(days=3))
    await recalls.tell()
    assert len(await merges.intake.told("ProfileChanged")) == told + 2


async def test_whom_one_record_excludes_an_emergency_does_not_show_the_other(merges: Merges) -> None:
    emergency = Emergency(merges.intake)
    need = await emergency.held("NAME")
    [row] = await merges.intake.rows("select beneficiary_id from need")
    kept = await merges.intake.person()
    await denied(merges, kept, "SAFE_CONTACT")
    access_id = await emergency.ask(need.referral_id, "SAFE_CONTACT", "BIRTH_AND_SEX")
    await emergency.decide(access_id)
    await merges.merge(kept, row["beneficiary_id"])
    assert named((await emergency.see(access_id)).given_mask) == {"BIRTH_AND_SEX"}


async def test_by_telephone_a_denial_counts_that_held_when_it_was_said(merges: Merges) -> None:
    telephone = Telephone(merges.intake, PostgresEmergencies())
    need = await telephone.need(bits("NAME", "LANGUAGES"))
    [row] = await merges.intake.rows("select beneficiary_id from need")
    kept = await merges.intake.person()
    await denied(merges, kept, "LANGUAGES")
    before = datetime.now(UTC)
    await merges.merge(kept, row["beneficiary_id"])
    await telephone.hand_over(need, "NAME", "LANGUAGES", happened_time=before)
    await telephone.hand_over(need, "NAME")
    with pytest.raises(KemError) as refusal:
        await telephone.hand_over(need, "NAME", "LANGUAGES")
    assert refusal.value.stable_reason == "TOLD_MORE_THAN_CONSENT"


async def test_a_disclosure_waits_for_the_merge_that_brings_a_denial(merges: Merges) -> None:
    kept, merged = await merges.two()
    need = await merges.holding(merged)
    await merges.intake.consent(kept, grant(A, effect=GrantEffect.DENY))
    async with merges.intake.database.transaction(SUPERVISOR) as tx:
        await merges.merge(kept, merged, tx=tx)
        asking = asyncio.create_task(given(merges, need))
        await until(lambda: merges.intake.rows("select from pg_locks where not granted"))
    assert await asking == "CONSENT_NOT_IN_FORCE"


async def test_a_disclosure_waits_for_a_withdrawal_that_was_said_on_the_other_record(merges: Merges) -> None:
    kept, merged = await merges.two()
    need = await merges.holding(merged)
    await merges.merge(kept, merged)
    parts = merges.intake.parts
    async with merges.intake.database.transaction(merges.intake.desk) as tx:
        command = WithdrawConsent(need.need_id, kept)
        await withdraw_consent(command, tx, parts.people, parts.consents, PostgresRecalls())
        asking = asyncio.create_task(given(merges, need))
        await until(lambda: merges.intake.rows("select from pg_locks where not granted"))
    assert await asking == "CONSENT_NOT_IN_FORCE"


async def test_the_checker_s_second_reading_agrees_before_during_and_after_a_merge(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    database = fresh_database(schemas=("intake",))
    async with open_intake(database, tmp_path) as intake:
        merges = Merges(intake)
        kept, merged = await merges.two()
        need = await merges.holding(merged)
        await denied(merges, kept, "NAME")
        whole = await given(merges, need)
        await merges.merge(kept, merged)
        assert await given(merges, need) == set(whole) - {"NAME"}
        await denied(merges, kept, *whole)
        assert await given(merges, need) == "CONSENT_NOT_IN_FORCE"
        await merges.freeze(kept)
        assert await given(merges, need) == "CONSENT_NOT_IN_FORCE"
        await merges.unmerge(merged, by=PROTECTOR)
        assert await given(merges, need) == whole
        await merges.intake.withdraw(kept)
        assert await given(merges, need) == whole
        await merges.merge(kept, merged, by=PROTECTOR)
        assert await given(merges, need) == "CONSENT_NOT_IN_FORCE"
        await merges.unmerge(merged, by=PROTECTOR)
        assert await given(merges, need) == "CONSENT_NOT_IN_FORCE"
        report = await check_database(database.check_url)
    looked_at = {one.id: one for one in report.findings if one.checked}
    assert looked_at["I6-permitted-when-given"].checked == 4
    assert looked_at["I6-refused-for-its-reason"].checked == 4
    assert [one for one in report.findings if one.violations and not one.id.startswith("I8")] == []
