"""Short ways to the use cases about complaints, over a real database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.adapters.postgres_complaints import PostgresComplaints
from services.intake.adapters.postgres_rights_requests import RequestsView
from services.intake.domain.complaint import Complaint, ComplaintFinding, ComplaintKind
from services.intake.use_cases.answer_complaint import AnswerComplaint, answer_complaint
from services.intake.use_cases.get_complaint import get_complaint
from services.intake.use_cases.list_complaints import ComplaintsPage, list_complaints
from services.intake.use_cases.page_with_words import Place
from services.intake.use_cases.register_complaint import RegisterComplaint, register_complaint
from tests.support.consented_people import METHOD
from tests.support.registers import Register
from tests.support.telephone import A
from tests.support.vault import DPO

WORDS, FOUND = "The man at the desk asked for money.", "He did, and does not work there any more."


@dataclass(frozen=True, slots=True)
class Complaints(Register[ComplaintsPage]):
    """The register, as desks and the data protection officer use it."""

    store: PostgresComplaints = field(default_factory=PostgresComplaints)

    async def register(
        self,
        accused: UUID | None = A,
        person: BeneficiaryId | None = None,
        *,
        by: Caller | None = None,
        received_time: datetime | None = None,
    ) -> Complaint:
        command = RegisterComplaint(
            uuid4(),
            ComplaintKind.ABUSE,
            None if accused is None else AgencyId(accused),
            person,
            WORDS,
            received_time or datetime.now(UTC),
        )
        parts = self.intake.parts
        async with self.intake.database.transaction(by or self.intake.desk) as tx:
            return await register_complaint(command, tx, parts.people, self.store, parts.vault)

    async def answer(self, complaint_id: UUID, *, by: Caller = DPO, told: bool = True) -> datetime:
        told_time = datetime.now(UTC) if told else None
        command = AnswerComplaint(uuid4(), complaint_id, ComplaintFinding.UPHELD, FOUND, told_time)
        async with self.intake.database.transaction(by) as tx:
            return await answer_complaint(command, tx, self.store, self.intake.parts.vault)

    async def read(
        self, tx: Transaction, size: int, view: RequestsView, after: Place | None
    ) -> ComplaintsPage:
        return await list_complaints(size, view, after, METHOD, tx, self.store, self.intake.parts.vault)

    async def get(self, complaint_id: UUID, *, by: Caller = DPO) -> tuple[Complaint, str, str]:
        """One of them with what was said and what was found."""
        async with self.intake.database.transaction(by) as tx:
            one, said, found, _ = await get_complaint(
                complaint_id, METHOD, tx, self.store, self.intake.parts.vault
            )
        return one, said, found
