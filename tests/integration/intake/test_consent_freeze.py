"""A frozen consent gives nothing, whoever asks and by whatever way, until it is lifted."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.errors import KemError, NotFound, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, NeedId
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.domain.cells import GrantEffect
from services.intake.domain.disclosure import Refusal
from services.intake.domain.eligibility import NeedProfile
from services.intake.domain.emergency_access import EmergencyRefusal
from services.intake.use_cases.freeze_consent import ChangeFreeze, freeze_consent, lift_consent_freeze
from services.intake.use_cases.get_disclosure import Disclosure
from services.intake.use_cases.get_profiles import get_profiles
from tests.support.consented_people import METHOD, OpenIntake, agreement_with, grant, member_of
from tests.support.vault import KEM, worker_of

A = uuid4()
OFFICER = worker_of(KEM, "child_protection_officer")


async def _change(intake: OpenIntake, change: Any, person: BeneficiaryId, by: Caller = OFFICER) -> datetime:
    command = ChangeFreeze(uuid4(), person, "MARKED: the guardian is doubted")
    async with intake.database.transaction(by) as tx:
        changed: datetime = await change(
            command, tx, intake.parts.people, PostgresConsentFreezes(), intake.parts.vault
        )
        return changed


async def _held(intake: OpenIntake) -> tuple[BeneficiaryId, Any]:
    """Somebody who consented to A, and a referral that A holds."""
    await intake.agree(agreement_with(A))
    person = await intake.person()
    await intake.consent(person, grant(A))
    need = await intake.need(person)
    await intake.accepted(need, A)
    return person, need


async def _profile(intake: OpenIntake, need_id: NeedId) -> NeedProfile:
    parts = intake.parts
    async with intake.database.transaction(Caller.of_service("referral")) as tx:
        [profile] = await get_profiles(
            [need_id],
            METHOD,
            tx,
            needs=parts.needs,
            agreements=parts.agreements,
            vault=parts.vault,
        )
    return profile


async def test_nothing_is_given_while_it_is_frozen_and_all_of_it_when_it_is_lifted(
    intake: OpenIntake,
) -> None:
    person, need = await _held(intake)
    await _change(intake, freeze_consent, person)
    with pytest.raises(RuleBroken) as refusal:
        await intake.disclose(need, member_of(A))
    assert refusal.value.stable_reason == "CONSENT_NOT_IN_FORCE"
    [row] = await intake.rows("select refusal_reason from disclosure")
    assert row["refusal_reason"] == "CONSENT_FROZEN"
    [told] = await intake.told("DisclosureRefused")
    assert DisclosureEvent.FromString(told["payload"]).disclosure_refused.reason == "CONSENT_NOT_IN_FORCE"
    await _change(intake, lift_consent_freeze, person)
    assert (await intake.disclose(need, member_of(A))).given_mask


async def test_whoever_matches_is_told_and_finds_nobody_permitted(intake: OpenIntake) -> None:
    person, need = await _held(intake)
    assert (await _profile(intake, need.need_id)).permitted_agency_ids == (A,)
    before = len(await intake.told("ProfileChanged"))
    await _change(intake, freeze_consent, person)
    assert (await _profile(intake, need.need_id)).permitted_agency_ids == ()
    await _change(intake, lift_consent_freeze, person)
    assert (await _profile(intake, need.need_id)).permitted_agency_ids == (A,)
    assert len(await intake.told("ProfileChanged")) == before + 2
    rows = await intake.told("ConsentFrozen", "ConsentFreezeLifted")
    told = [IntakeEvent.FromString(row["payload"]) for row in rows]
    assert [one.aggregate_version for one in told] == [1, 2]
    assert len({one.aggregate_id for one in told}) == 1


async def test_whoever_is_doubted_permits_nothing_new_but_may_forbid(intake: OpenIntake) -> None:
    person, _ = await _held(intake)
    await _change(intake, freeze_consent, person)
    with pytest.raises(RuleBroken) as refusal:
        await intake.consent(person, grant(A))
    assert refusal.value.stable_reason == "CONSENT_FROZEN"
    await intake.consent(person, grant(A, effect=GrantEffect.DENY))


async def test_a_withdrawal_meanwhile_holds_after_the_freeze(intake: OpenIntake) -> None:
    person, need = await _held(intake)
    await _change(intake, freeze_consent, person)
    assert (await intake.withdraw(person)).grants_closed == 1
    await _change(intake, lift_consent_freeze, person)
    with pytest.raises(RuleBroken) as refusal:
        await intake.disclose(need, member_of(A))
    assert refusal.value.stable_reason == "CONSENT_NOT_IN_FORCE"


async def test_a_freeze_is_one_and_its_words_are_sealed(intake: OpenIntake) -> None:
    person, _ = await _held(intake)
    for change, refused in (
        (lift_consent_freeze, "CONSENT_NOT_FROZEN"),
        (freeze_consent, None),
        (freeze_consent, "CONSENT_ALREADY_FROZEN"),
        (lift_consent_freeze, None),
        (lift_consent_freeze, "CONSENT_NOT_FROZEN"),
        (freeze_consent, None),
    ):
        reason = None
        try:
            await _change(intake, change, person)
        except KemError as refusal:
            reason = refusal.stable_reason
        assert reason == refused
    rows = await intake.rows("select consent_freeze::text as all_of_it from consent_freeze")
    assert len(rows) == 2
    assert not any("MARKED" in row["all_of_it"] for row in rows)


async def test_another_agency_s_person_is_nobody(intake: OpenIntake) -> None:
    person, _ = await _held(intake)
    for change in (freeze_consent, lift_consent_freeze):
        with pytest.raises(NotFound) as refusal:
            await _change(intake, change, person, member_of(A))
        assert refusal.value.stable_reason == "BENEFICIARY_NOT_FOUND"


async def test_the_database_itself_lets_nobody_freeze_another_agency_s_person(intake: OpenIntake) -> None:
    person, _ = await _held(intake)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with intake.database.transaction(member_of(A)) as tx:
            await PostgresConsentFreezes().add(tx, uuid4(), person, AgencyId(A), b"", await tx.now())


async def test_what_is_given_in_a_race_was_given_before_the_freeze(intake: OpenIntake) -> None:
    for _ in range(20):
        person, need = await _held(intake)
        asked = [intake.disclose(need, member_of(A)) for _ in range(4)]
        *answers, frozen_time = await asyncio.gather(
            *asked, _change(intake, freeze_consent, person), return_exceptions=True
        )
        assert isinstance(frozen_time, datetime)
        given = [answer for answer in answers if isinstance(answer, Disclosure)]
        assert all(answer.disclosed_time < frozen_time for answer in given)
        assert len(given) + sum(isinstance(answer, RuleBroken) for answer in answers) == 4


async def test_rows_are_listed_with_the_reason_that_is_told(intake: OpenIntake) -> None:
    reasons: list[Refusal | EmergencyRefusal] = [*Refusal, *EmergencyRefusal]
    rows = await intake.rows(
        "select refusal_told(reason) as told from unnest($1::text[]) with ordinality as one (reason, place)"
        " order by place",
        reasons,
    )
    assert [row["told"] for row in rows] == [
        reason.told if isinstance(reason, Refusal) else reason for reason in reasons
    ]
