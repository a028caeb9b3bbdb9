"""Cancels an appointment, for a reason."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from services.intake.domain.appointment import AppointmentState, check_cancel_reason
from services.intake.use_cases.book_appointment import AppointmentParts
from services.intake.use_cases.move_appointment import locked_appointment


@dataclass(frozen=True, slots=True)
class CancelAppointment:
    """`reason` is a code of APPOINTMENT_CANCELLATIONS."""

    appointment_id: UUID
    reason: str


async def cancel_appointment(
    command: CancelAppointment, tx: Transaction, parts: AppointmentParts
) -> datetime:
    """When that was recorded. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        AppointmentNotFound: no such appointment, or another agency's.
        RuleBroken: APPOINTMENT_ENDED, BENEFICIARY_ERASED.
        Invalid: UNKNOWN_CODE.
    """
    check_cancel_reason(command.reason)
    appointment = await locked_appointment(command.appointment_id, tx, parts)
    appointment.check_open()
    now = await tx.now()
    cancelled = replace(
        appointment, state=AppointmentState.CANCELLED, cancel_reason=command.reason, changed_time=now
    )
    await parts.appointments.change(tx, cancelled)
    return now
