"""What a former guardian permitted does not stay open unseen: it is frozen, and waits for an officer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.adapters.measures import look_at_consent_reviews
from services.intake.domain.beneficiary import Beneficiary, Birth, Guardian
from services.intake.domain.consent import ConsentGiver
from services.intake.use_cases.freeze_consent import ChangeFreeze, lift_consent_freeze
from services.intake.use_cases.list_consent_freezes import FreezesPage, list_consent_freezes
from services.intake.use_cases.update_beneficiary import UpdateBeneficiary, update_beneficiary
from tests.support.consented_people import METHOD, OpenIntake, agreement_with, grant, member_of
from tests.support.people import invented_person
from tests.support.recalls import Recalls
from tests.support.vault import KEM, worker_of

A = uuid4()
OFFICER = worker_of(KEM, "child_protection_officer")
NEXT_YEAR = datetime.now(UTC).date() + timedelta(days=300)
FORMER = Guardian("Former Guardian", "GUARDIAN", "ORDER 1/2026", NEXT_YEAR)
LATER = Guardian("Later Guardian", "GUARDIAN", "ORDER 2/2026", NEXT_YEAR)
CHILD = invented_person(birth=Birth(date(datetime.now(UTC).year - 8, 1, 2)), guardian=FORMER)


async def _child(intake: OpenIntake, **consent: Any) -> tuple[BeneficiaryId, Any]:
    """A child whose guardian lets A see something, and a referral that A holds."""
    await intake.agree(agreement_with(A))
    person = await intake.open_vault.register(CHILD, intake.desk)
    given: dict[str, Any] = {
        "given_by": ConsentGiver.GUARDIAN,
        "authority_reference": "ORDER 1/2026",
        "child_assents": True,
    }
    await intake.consent(person, grant(A), **(given | consent))
    need = await intake.need(person)
    await intake.accepted(need, A)
    return person, need


async def _update(intake: OpenIntake, person: BeneficiaryId, known: Beneficiary, version: int = 1) -> None:
    vault = intake.open_vault
    command = UpdateBeneficiary(uuid4(), person, version, known)
    async with intake.database.transaction(intake.desk) as tx:
        await update_beneficiary(
            command,
            METHOD,
            tx,
            vault.vault,
            vault.people,
            vault.search,
            intake.parts.corrections,
            intake.parts.recalls,
            intake.parts.freezes,
        )


async def _waiting(intake: OpenIntake, by: UUID = KEM) -> FreezesPage:
    async with intake.database.transaction(worker_of(by, "child_protection_officer")) as tx:
        return await list_consent_freezes(0, None, METHOD, tx, intake.parts.freezes, intake.parts.vault)


async def _lift(intake: OpenIntake, person: BeneficiaryId) -> None:
    command = ChangeFreeze(uuid4(), person, "The new guardian agrees.")
    async with intake.database.transaction(OFFICER) as tx:
        await lift_consent_freeze(command, tx, intake.parts.people, intake.parts.freezes, intake.parts.vault)


@pytest.mark.parametrize(
    "guardian",
    [
        LATER,
        replace(FORMER, authority_reference="ORDER 3/2026"),
        replace(FORMER, authority_expires_date=NEXT_YEAR - timedelta(days=100)),
        Guardian("Invented Parent", "PARENT"),
        Guardian("", "NOT_APPOINTED"),
    ],
)
async def test_what_a_former_guardian_permitted_gives_nothing_until_an_officer_has_looked(
    intake: OpenIntake, guardian: Guardian
) -> None:
    person, need = await _child(intake)
    before = len(await intake.told("ProfileChanged"))
    await _update(intake, person, replace(CHILD, guardian=guardian))
    with pytest.raises(RuleBroken) as refusal:
        await intake.disclose(need, member_of(A))
    assert refusal.value.stable_reason == "CONSENT_NOT_IN_FORCE"
    [told] = await intake.told("ConsentFrozen")
    assert IntakeEvent.FromString(told["payload"]).consent_frozen.beneficiary_id == str(person)
    assert len(await intake.told("ProfileChanged")) == before + 1
    page = await _waiting(intake)
    [(freeze, words)] = page.freezes
    assert (freeze.beneficiary_id, words) == (
        person,
        "Whoever decides for this person has changed in their record.",
    )
    assert freeze.due_time == freeze.frozen_time + timedelta(hours=72)
    assert (await _waiting(intake, uuid4())).freezes == []
    await _lift(intake, person)
    assert (await intake.disclose(need, member_of(A))).disclosure_id
    assert (await _waiting(intake)).freezes == []


@pytest.mark.parametrize(
    "guardian",
    [
        replace(FORMER, authority_expires_date=NEXT_YEAR + timedelta(days=100)),
        replace(FORMER, name="former  guardian"),
    ],
)
async def test_a_longer_order_of_the_same_guardian_changes_nothing(
    intake: OpenIntake, guardian: Guardian
) -> None:
    person, need = await _child(intake)
    await _update(intake, person, replace(CHILD, guardian=guardian))
    assert (await intake.disclose(need, member_of(A))).disclosure_id
    assert (await _waiting(intake)).freezes == []


async def test_what_somebody_permitted_who_turns_out_to_be_a_child_waits_too(intake: OpenIntake) -> None:
    await intake.agree(agreement_with(A))
    grown = invented_person()
    person = await intake.open_vault.register(grown, intake.desk)
    await intake.consent(person, grant(A))
    await _update(intake, person, replace(grown, birth=CHILD.birth, guardian=FORMER))
    [(freeze, _)] = (await _waiting(intake)).freezes
    assert freeze.beneficiary_id == person


async def test_where_nothing_is_open_there_is_nothing_to_look_at(intake: OpenIntake) -> None:
    person, _ = await _child(intake)
    await intake.withdraw(person)
    await _update(intake, person, replace(CHILD, guardian=LATER))
    assert (await _waiting(intake)).freezes == []


async def test_a_review_that_nobody_has_done_in_time_is_overdue_and_counted(
    recalls: Recalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = recalls.intake
    counted: list[int] = []
    gauge = "services.intake.adapters.measures.consent_reviews_overdue.set"
    monkeypatch.setattr(gauge, counted.append)
    person, _ = await _child(intake)
    await _update(intake, person, replace(CHILD, guardian=LATER))
    async with intake.worker.pool.acquire() as connection:
        await look_at_consent_reviews(connection)
    await recalls.superuser.execute(
        "update intake.consent_freeze set frozen_time = frozen_time - interval '4 days',"
        " due_time = due_time - interval '4 days'"
    )
    async with intake.worker.pool.acquire() as connection:
        await look_at_consent_reviews(connection)
    assert counted == [0, 1]
    page = await _waiting(intake)
    [(freeze, _)] = page.freezes
    assert freeze.due_time is not None
    assert freeze.due_time <= page.now
