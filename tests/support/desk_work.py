"""What the desk does for a person, by the use cases themselves: visits, appointments, tries to reach them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from chassis.caller import Caller
from kernel.ids import AgencyId, BeneficiaryId, ReferralId
from services.intake.adapters.postgres_appointments import PostgresAppointments
from services.intake.adapters.postgres_contact_attempts import PostgresContactAttempts
from services.intake.adapters.postgres_emergency_access import PostgresEmergencyAccess
from services.intake.adapters.postgres_visits import PostgresVisits
from services.intake.domain.beneficiary import ContactKind
from services.intake.domain.consent import Interpreter, InterpreterMode
from services.intake.domain.contact_attempt import ContactResult
from services.intake.domain.visit import RecordedVisit, Visit, VisitMode
from services.intake.use_cases.book_appointment import AppointmentParts, BookAppointment, book_appointment
from services.intake.use_cases.list_appointments import ListAppointments, list_appointments
from services.intake.use_cases.list_visits import list_visits
from services.intake.use_cases.record_contact_attempt import (
    ContactParts,
    RecordContactAttempt,
    record_contact_attempt,
)
from services.intake.use_cases.record_visit import RecordVisit, record_visit
from tests.support.consented_people import METHOD, OpenIntake
from tests.support.telephone import A

PLACE: Final = "Invented street 7"
INTERPRETER: Final = Interpreter("Invented Interpreter", InterpreterMode.TELEPHONE, True, False, True)
VISIT: Final = Visit(("LEGAL_AID", "SCHOOL"), "ara", VisitMode.AT_DESK, INTERPRETER)


@dataclass(frozen=True, slots=True)
class DeskWork:
    """Short ways to the use cases, as the desk."""

    intake: OpenIntake

    async def visit(self, person: BeneficiaryId) -> UUID:
        parts = self.intake.parts
        async with self.intake.database.transaction(self.intake.desk) as tx:
            visits = PostgresVisits(parts.vault)
            return (await record_visit(RecordVisit(person, VISIT), tx, parts.people, visits)).visit_id

    async def visits(self, person: BeneficiaryId) -> list[RecordedVisit]:
        parts = self.intake.parts
        async with self.intake.database.transaction(self.intake.desk) as tx:
            visits = PostgresVisits(parts.vault)
            return list((await list_visits(person, 0, None, METHOD, tx, parts.people, visits)).visits)

    async def appointment(self, person: BeneficiaryId) -> UUID:
        start = datetime.now(UTC) + timedelta(days=3)
        command = BookAppointment(person, None, AgencyId(A), None, start, PLACE)
        async with self.intake.database.transaction(self.intake.desk) as tx:
            return (await book_appointment(command, tx, self._appointments)).appointment_id

    async def places(self, person: BeneficiaryId) -> list[str]:
        async with self.intake.database.transaction(self.intake.desk) as tx:
            page = await list_appointments(ListAppointments(person), METHOD, tx, self._appointments)
            return [place for _, place in page.appointments]

    async def attempt(
        self,
        about: BeneficiaryId | ReferralId,
        *,
        is_about_referral: bool = False,
        holder: Caller | None = None,
        result: ContactResult = ContactResult.NOT_REACHED,
    ) -> UUID:
        """By the desk, unless by the holder of a referral."""
        parts = self.intake.parts
        command = RecordContactAttempt(
            uuid4(), about, is_about_referral, holder is not None, ContactKind.PHONE, result
        )
        trying = ContactParts(
            parts.people,
            parts.needs,
            parts.disclosures,
            parts.held_referrals,
            PostgresContactAttempts(),
            PostgresEmergencyAccess(),
            parts.vault,
        )
        async with self.intake.database.transaction(holder or self.intake.desk) as tx:
            return (await record_contact_attempt(command, tx, trying)).contact_attempt_id

    @property
    def _appointments(self) -> AppointmentParts:
        return AppointmentParts(self.intake.parts.people, PostgresAppointments(), self.intake.parts.vault)
