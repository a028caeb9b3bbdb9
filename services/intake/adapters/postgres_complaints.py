"""The register of complaints in PostgreSQL. Row-level security hides each from whom it is about."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.adapters.postgres_rights_requests import Place, RequestsView
from services.intake.domain.complaint import Complaint, ComplaintAnswer, ComplaintFinding, ComplaintKind

_REGISTER: Final = """
    insert into complaint (complaint_id, kind, accused_agency_id, registered_by_agency_id, beneficiary_id,
        sealed_words, registered_by_principal_id, acting_person, received_time, registered_time, due_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_ANSWER: Final = """
    update complaint set finding = $2, sealed_answer = $3, answered_by_principal_id = $4,
        person_told_time = $5, answered_time = $6
    where complaint_id = $1
"""
_LIST: Final = """
    select * from complaint
    where ($1 = 'ALL' or finding is null) and ($1 <> 'OVERDUE' or due_time <= $2)
      and ($3::timestamptz is null or (due_time, complaint_id) > ($3, $4))
    order by due_time, complaint_id limit $5
"""


class PostgresComplaints:
    """Rows are added; a complaint is answered once."""

    async def register(self, tx: Transaction, complaint: Complaint) -> None:
        """Keeps a complaint."""
        await tx.connection.execute(
            _REGISTER,
            complaint.complaint_id,
            complaint.kind,
            complaint.accused_agency_id,
            complaint.registered_by_agency_id,
            complaint.beneficiary_id,
            complaint.sealed_words,
            tx.caller.principal_id,
            tx.caller.acting_person,
            complaint.received_time,
            complaint.registered_time,
            complaint.due_time,
        )

    async def get(self, tx: Transaction, complaint_id: UUID) -> Complaint | None:
        """The complaint; None where the caller may not know of it."""
        row = await tx.connection.fetchrow("select * from complaint where complaint_id = $1", complaint_id)
        return None if row is None else _complaint(row)

    async def lock(self, tx: Transaction, complaint_id: UUID) -> Complaint | None:
        """The complaint, kept as it is; None where the caller may not know of it."""
        row = await tx.connection.fetchrow(
            "select * from complaint where complaint_id = $1 for no key update", complaint_id
        )
        return None if row is None else _complaint(row)

    async def answer(self, tx: Transaction, complaint_id: UUID, answer: ComplaintAnswer) -> None:
        """Writes what the caller has found."""
        await tx.connection.execute(
            _ANSWER,
            complaint_id,
            answer.finding,
            answer.sealed_words,
            tx.caller.principal_id,
            answer.person_told_time,
            answer.answered_time,
        )

    async def page(
        self, tx: Transaction, view: RequestsView, now: datetime, after: Place, size: int
    ) -> list[Complaint]:
        """Up to `size` complaints that the caller may see, the earliest due first."""
        due_time, one_id = after or (None, None)
        return [
            _complaint(row) for row in await tx.connection.fetch(_LIST, view, now, due_time, one_id, size)
        ]


def _complaint(row: Any) -> Complaint:
    answer = None
    if row["finding"] is not None:
        answer = ComplaintAnswer(
            ComplaintFinding(row["finding"]),
            row["person_told_time"],
            row["answered_time"],
            row["sealed_answer"],
        )
    person, accused, registrar = (
        row[name] for name in ("beneficiary_id", "accused_agency_id", "registered_by_agency_id")
    )
    return Complaint(
        complaint_id=row["complaint_id"],
        kind=ComplaintKind(row["kind"]),
        accused_agency_id=None if accused is None else AgencyId(accused),
        registered_by_agency_id=None if registrar is None else AgencyId(registrar),
        beneficiary_id=None if person is None else BeneficiaryId(person),
        sealed_words=row["sealed_words"],
        received_time=row["received_time"],
        registered_time=row["registered_time"],
        due_time=row["due_time"],
        answer=answer,
    )
