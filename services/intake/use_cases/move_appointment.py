"""Moves an appointment to another time, or to another place."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from services.intake.domain.appointment import Appointment, AppointmentNotFound
from services.intake.use_cases.book_appointment import AppointmentParts, sealed_place
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class MoveAppointment:
    """When it begins now; `place` is None where that stays."""

    appointment_id: UUID
    start_time: datetime
    place: str | None


async def move_appointment(command: MoveAppointment, tx: Transaction, parts: AppointmentParts) -> datetime:
    """When that was recorded. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        AppointmentNotFound: no such appointment, or another agency's.
        RuleBroken: APPOINTMENT_ENDED, BENEFICIARY_ERASED.
    """
    appointment = await locked_appointment(command.appointment_id, tx, parts)
    appointment.check_open()
    now, place = await tx.now(), appointment.sealed_place
    if command.place is not None:
        place = await sealed_place(
            appointment.beneficiary_id, appointment.appointment_id, command.place, tx, parts.vault
        )
    moved = replace(appointment, start_time=command.start_time, sealed_place=place, changed_time=now)
    await parts.appointments.change(tx, moved)
    return now


async def locked_appointment(appointment_id: UUID, tx: Transaction, parts: AppointmentParts) -> Appointment:
    """The appointment, and before it its person, kept as they are until the transaction ends.

    Raises:
        NotPermitted: NO_AGENCY.
        AppointmentNotFound: no such appointment, or another agency's.
        RuleBroken: BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    person = await parts.appointments.person_of(tx, appointment_id)
    if person is not None:
        await parts.people.lock(tx, person)
        appointment = await parts.appointments.lock(tx, appointment_id)
        if appointment is not None:
            return appointment
    raise AppointmentNotFound("There is no such appointment among those of your agency's people.")
