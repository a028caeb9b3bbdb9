"""Lists the appointments of a person, or of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.domain.appointment import Appointment
from services.intake.domain.athens_day import athens_midnight
from services.intake.use_cases.book_appointment import AppointmentParts
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE
from services.intake.use_cases.records_of_person import records_of_person


@dataclass(frozen=True, slots=True)
class ListAppointments:
    """Whose, or of which day in Athens; `only_own`: only those that the caller has booked."""

    which: BeneficiaryId | date
    only_own: bool = False
    page_size: int = 0
    place: tuple[datetime, UUID] | None = None


@dataclass(frozen=True, slots=True)
class AppointmentsPage:
    """Appointments with where they are, which is empty in a day's list; and where the next page begins."""

    appointments: Sequence[tuple[Appointment, str]]
    next_place: tuple[datetime, UUID] | None


async def list_appointments(
    command: ListAppointments, method: str, tx: Transaction, parts: AppointmentParts
) -> AppointmentsPage:
    """One page; the read is on record before it is told.

    Raises:
        NotPermitted: NO_AGENCY.
        NotFound: BENEFICIARY_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    size = command.page_size or USUAL_PAGE_SIZE
    booked_by_id = tx.caller.principal_id if command.only_own else None
    if isinstance(command.which, date):
        # the day that follows, and not 24 hours: two days of the year have another length
        since, until = athens_midnight(command.which), athens_midnight(command.which + timedelta(days=1))
        found = await parts.appointments.between(tx, since, until, booked_by_id, command.place, size + 1)
        shown = [(one, "") for one in found[:size]]
        about = list(dict.fromkeys(one.beneficiary_id for one, _ in shown))
    else:
        records = await records_of_person(tx, command.which, parts.people)
        found = await parts.appointments.of_person(tx, records, booked_by_id, command.place, size + 1)
        sealed = [(one.beneficiary_id, one.appointment_id, one.sealed_place) for one in found[:size]]
        shown = list(zip(found[:size], await parts.vault.open_words(tx, sealed), strict=True))
        about = [command.which]
    tx.record_access(AccessRecord("intake", method, about))
    last = found[size - 1] if len(found) > size else None
    return AppointmentsPage(shown, None if last is None else (last.start_time, last.appointment_id))
