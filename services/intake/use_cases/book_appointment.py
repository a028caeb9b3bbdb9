"""Books a time at which a person meets a provider."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, ReferralId, ServiceId, random_id
from services.intake.adapters.postgres_appointments import PostgresAppointments
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.vault import Vault
from services.intake.domain.appointment import Appointment, AppointmentState
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class BookAppointment:
    """Who meets whom, when and where; a time that is over is one that is entered later."""

    beneficiary_id: BeneficiaryId
    referral_id: ReferralId | None
    with_agency_id: AgencyId
    service_id: ServiceId | None
    start_time: datetime
    place: str


@dataclass(frozen=True, slots=True)
class AppointmentParts:
    """What appointments work with."""

    people: PostgresBeneficiaries
    appointments: PostgresAppointments
    vault: Vault


async def book_appointment(command: BookAppointment, tx: Transaction, parts: AppointmentParts) -> Appointment:
    """The appointment. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND; REFERRAL_NOT_FOUND: not a referral of this person.
        RuleBroken: BENEFICIARY_ERASED.
    """
    agency_id, person = own_agency(tx.caller), command.beneficiary_id
    records = [row.beneficiary_id for row in await parts.people.lock_as_one(tx, person)]
    if command.referral_id and not await parts.appointments.is_referral_of(tx, command.referral_id, records):
        raise NotFound("This person has no such referral.", reason="REFERRAL_NOT_FOUND")
    appointment_id = random_id()
    appointment = Appointment(
        appointment_id=appointment_id,
        beneficiary_id=person,
        agency_id=agency_id,
        referral_id=command.referral_id,
        with_agency_id=command.with_agency_id,
        service_id=command.service_id,
        start_time=command.start_time,
        sealed_place=await sealed_place(person, appointment_id, command.place, tx, parts.vault),
        state=AppointmentState.BOOKED,
        cancel_reason=None,
        booked_time=await tx.now(),
        changed_time=None,
    )
    await parts.appointments.add(tx, appointment)
    return appointment


async def sealed_place(
    person: BeneficiaryId, appointment_id: UUID, place: str, tx: Transaction, vault: Vault
) -> bytes | None:
    """Under the person's own key; None where no words are said.

    Raises:
        RuleBroken: BENEFICIARY_ERASED.
    """
    if not place.strip():
        return None
    [sealed] = await vault.seal_texts(tx, [(person, appointment_id, place)])
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    return sealed
