"""The register of what people ask by right, in PostgreSQL."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.domain.rights_request import (
    Answer,
    AskedBy,
    Extension,
    ExtensionGround,
    NoExportGround,
    ProtectionDecision,
    RefusalGround,
    Right,
    RightsAnswer,
    RightsRequest,
)

_REGISTER: Final = """
    insert into rights_request (rights_request_id, beneficiary_id, agency_id, asked_right, asked_by,
        sealed_words, registered_by_principal_id, acting_person, received_time, registered_time, due_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_EXTEND: Final = """
    update rights_request set due_time = $2, extension_ground = $3, sealed_extension = $4,
        extended_by_principal_id = $5, extension_told_time = $6
    where rights_request_id = $1
"""
_ANSWER: Final = """
    update rights_request set answer = $2, refusal_ground = $3, sealed_answer = $4,
        decided_by_principal_id = $5, answer_told_time = $6, answered_time = $7,
        no_export_ground = $8, fulfilled_by_id = $9
    where rights_request_id = $1
"""
_PROTECT: Final = """
    update rights_request set protection_mask = $2, protection_history = $3, sealed_protection = $4,
        protection_decided_by_principal_id = $5, protection_decided_time = $6
    where rights_request_id = $1
"""
_LIST: Final = """
    select * from rights_request
    where ($1 = 'ALL' or answer is null) and ($1 <> 'OVERDUE' or due_time <= $2)
      and ($3::timestamptz is null or (due_time, rights_request_id) > ($3, $4))
    order by due_time, rights_request_id limit $5
"""

Place = tuple[datetime, UUID] | None
"""Where the last page ended."""


class RequestsView(StrEnum):
    """Which requests are listed."""

    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    ALL = "ALL"


class PostgresRightsRequests:
    """Rows are added; a request is extended once and answered once."""

    async def register(self, tx: Transaction, request: RightsRequest) -> None:
        """Keeps a request."""
        await tx.connection.execute(
            _REGISTER,
            request.rights_request_id,
            request.beneficiary_id,
            request.agency_id,
            request.right,
            request.asked_by,
            request.sealed_words,
            tx.caller.principal_id,
            tx.caller.acting_person,
            request.received_time,
            request.registered_time,
            request.due_time,
        )

    async def lock(self, tx: Transaction, rights_request_id: UUID) -> RightsRequest | None:
        """The request, kept as it is; None where the caller may not know of it."""
        row = await tx.connection.fetchrow(
            "select * from rights_request where rights_request_id = $1 for no key update", rights_request_id
        )
        return None if row is None else request_from(row)

    async def extend(
        self, tx: Transaction, rights_request_id: UUID, extension: Extension, due_time: datetime
    ) -> None:
        """Writes what the caller has decided."""
        await tx.connection.execute(
            _EXTEND,
            rights_request_id,
            due_time,
            extension.ground,
            extension.sealed_words,
            tx.caller.principal_id,
            extension.person_told_time,
        )

    async def answer(
        self, tx: Transaction, rights_request_id: UUID, answer: Answer, answered_time: datetime
    ) -> None:
        """Writes the answer."""
        await tx.connection.execute(
            _ANSWER,
            rights_request_id,
            answer.answer,
            answer.ground,
            answer.sealed_words,
            answer.decided_by_id,
            answer.person_told_time,
            answered_time,
            answer.no_export_ground,
            answer.fulfilled_by_id,
        )

    async def protect(self, tx: Transaction, rights_request_id: UUID, decision: ProtectionDecision) -> None:
        """Writes what the caller has decided."""
        await tx.connection.execute(
            _PROTECT,
            rights_request_id,
            decision.allowed_mask,
            decision.with_history,
            decision.sealed_words,
            tx.caller.principal_id,
            decision.decided_time,
        )

    async def page(
        self, tx: Transaction, view: RequestsView, now: datetime, after: Place, size: int
    ) -> list[RightsRequest]:
        """Up to `size` requests that the caller may see, the earliest due first."""
        due_time, one_id = after or (None, None)
        return [
            request_from(row) for row in await tx.connection.fetch(_LIST, view, now, due_time, one_id, size)
        ]


def request_from(row: Any) -> RightsRequest:
    """A row of rights_request."""
    extension, answer, protection = None, None, None
    if row["extension_told_time"] is not None:
        extension = Extension(
            ExtensionGround(row["extension_ground"]), row["extension_told_time"], row["sealed_extension"]
        )
    if row["answer"] is not None:
        ground = row["refusal_ground"]
        answer = Answer(
            RightsAnswer(row["answer"]),
            None if ground is None else RefusalGround(ground),
            row["answer_told_time"],
            row["decided_by_principal_id"],
            row["sealed_answer"],
            None if row["no_export_ground"] is None else NoExportGround(row["no_export_ground"]),
            row["fulfilled_by_id"],
        )
    if row["protection_decided_time"] is not None:
        protection = ProtectionDecision(
            row["protection_mask"],
            row["protection_history"],
            row["protection_decided_time"],
            row["sealed_protection"],
        )
    return RightsRequest(
        rights_request_id=row["rights_request_id"],
        beneficiary_id=BeneficiaryId(row["beneficiary_id"]),
        agency_id=AgencyId(row["agency_id"]),
        right=Right(row["asked_right"]),
        asked_by=AskedBy(row["asked_by"]),
        sealed_words=row["sealed_words"],
        received_time=row["received_time"],
        registered_time=row["registered_time"],
        due_time=row["due_time"],
        extension=extension,
        answer=answer,
        protection=protection,
    )
