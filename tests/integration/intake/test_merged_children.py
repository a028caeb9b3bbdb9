"""Whoever is a child by one of their records is treated as one, and what is doubted on one is so on all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.errors import KemError
from services.intake.domain.beneficiary import Absence, Birth, Guardian
from services.intake.domain.cells import GrantEffect
from services.intake.domain.consent import ConsentGiver
from services.intake.use_cases.lift_denial import LiftDenial, lift_denial
from services.intake.use_cases.update_beneficiary import UpdateBeneficiary, update_beneficiary
from tests.support.consented_people import METHOD, OpenIntake, bits, grant
from tests.support.merges import PROTECTOR, Merges
from tests.support.people import invented_person
from tests.support.telephone import A

SIXTEEN = Birth((datetime.now(UTC) - timedelta(days=6_000)).date())
UNKNOWN = Birth(absence=Absence.UNKNOWN)
MOTHER = Guardian("Mariam", "PARENT")
BY_MOTHER: dict[str, Any] = {"given_by": ConsentGiver.PARENT, "authority_reference": "ΛΗΞ-12"}


@pytest.fixture
def merges(intake: OpenIntake) -> Merges:
    return Merges(intake)


async def refused(call: Any) -> str:
    with pytest.raises(KemError) as refusal:
        await call
    return refusal.value.stable_reason


async def test_whoever_is_a_child_by_another_record_does_not_permit_alone(merges: Merges) -> None:
    intake = merges.intake
    grown_up, _ = await merges.two()
    child = await intake.person(birth=SIXTEEN, guardian=MOTHER)
    await merges.merge(grown_up, child, by=PROTECTOR)
    assert await refused(intake.consent(grown_up, grant(A))) == "CHILD_CANNOT_CONSENT_ALONE"
    assert await intake.consent(grown_up, grant(A), **BY_MOTHER, child_assents=True)
    assert await intake.consent(grown_up, grant(A, bits("NAME"), effect=GrantEffect.DENY))
    await merges.unmerge(child, by=PROTECTOR)
    assert await intake.consent(grown_up, grant(A))


async def test_no_denial_is_lifted_of_somebody_who_is_of_age_by_another_record(merges: Merges) -> None:
    intake = merges.intake
    grown_up, _ = await merges.two()
    ageless = await intake.person(birth=UNKNOWN)
    denial = await intake.consent(
        ageless,
        grant(A, bits("NAME"), effect=GrantEffect.DENY),
        given_by=ConsentGiver.PARENT,
        authority_reference="ΛΗΞ-12",
    )
    await merges.merge(grown_up, ageless, by=PROTECTOR)

    async def lift() -> None:
        command, parts = LiftDenial(uuid4(), ageless, denial, "It keeps help away."), intake.parts
        async with intake.database.transaction(PROTECTOR) as tx:
            await lift_denial(command, tx, parts.people, parts.consents, parts.vault, parts.recalls)

    assert await refused(lift()) == "NOT_A_CHILD"
    await merges.unmerge(ageless, by=PROTECTOR)
    await lift()


async def test_a_guardian_who_is_doubted_on_one_record_is_told_of_the_others(merges: Merges) -> None:
    intake, vault = merges.intake, merges.intake.open_vault
    known = invented_person(birth=SIXTEEN, guardian=MOTHER)
    child = await vault.register(known, intake.desk)
    other = await intake.person(birth=SIXTEEN, guardian=MOTHER)
    await intake.consent(child, grant(A), **BY_MOTHER, child_assents=True)
    await merges.merge(other, child, by=PROTECTOR)
    before = len(await intake.told("ProfileChanged"))
    command = UpdateBeneficiary(uuid4(), child, 1, replace(known, guardian=Guardian("Ali", "PARENT")))
    async with intake.database.transaction(intake.desk) as tx:
        parts = intake.parts
        await update_beneficiary(
            command,
            METHOD,
            tx,
            vault.vault,
            vault.people,
            vault.search,
            parts.corrections,
            parts.recalls,
            parts.freezes,
        )
    told = [
        IntakeEvent.FromString(event["payload"]).profile_changed.beneficiary_id
        for event in await intake.told("ProfileChanged")
    ]
    assert set(told[before:]) == {str(child), str(other)}
