"""Puts on record whether a person came to an appointment."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from services.intake.domain.appointment import AppointmentState
from services.intake.use_cases.book_appointment import AppointmentParts
from services.intake.use_cases.move_appointment import locked_appointment


@dataclass(frozen=True, slots=True)
class RecordAttendance:
    """Whether they came."""

    appointment_id: UUID
    has_come: bool


async def record_attendance(command: RecordAttendance, tx: Transaction, parts: AppointmentParts) -> datetime:
    """When that was recorded. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        AppointmentNotFound: no such appointment, or another agency's.
        RuleBroken: APPOINTMENT_ENDED, APPOINTMENT_NOT_BEGUN, BENEFICIARY_ERASED.
    """
    appointment = await locked_appointment(command.appointment_id, tx, parts)
    now = await tx.now()
    appointment.check_attendance(now)
    state = AppointmentState.ATTENDED if command.has_come else AppointmentState.NO_SHOW
    await parts.appointments.change(tx, replace(appointment, state=state, changed_time=now))
    return now
