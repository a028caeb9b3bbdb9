"""Hand-overs and the reviews of emergencies in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, NeedId, ReferralId
from services.intake.adapters.consent_rows import CELL_COLUMNS, cell_from
from services.intake.adapters.postgres_agreements import agreement_from
from services.intake.domain.agreement import Agreement
from services.intake.domain.cells import Cell
from services.intake.domain.emergency_review import EmergencyKind, EmergencyReview, ReviewFinding
from services.intake.domain.handover import Handover

_SENT: Final = "select need_id, beneficiary_id, service_type, recorded_time from need where referral_id = $1"
_AGREEMENT_THEN: Final = """
    select * from agreement_version where agency_id = $1 and saved_time <= $2
    order by version desc limit 1
"""
# a cell that was closed later was in force then; of other records seen as the person's, denials count
_CELLS_THEN: Final = f"""
    with other as materialized (
        select other_id from same_person
        where beneficiary_id = $1 and merged_time <= $4 and coalesce(unmerged_time > $4, true)
    )
    select {", ".join(f"cell.{name.strip()}" for name in CELL_COLUMNS.split(","))}
    from grant_cell cell join consent_event given using (consent_event_id)
    where cell.beneficiary_id = any(array(select other_id from other) || $1::uuid)
      and cell.agency_id = $2 and cell.purpose = $3 and (cell.beneficiary_id = $1 or cell.effect = 'DENY')
      and given.recorded_time <= $4 and (cell.withdrawn_time is null or cell.withdrawn_time > $4)
      and not exists (select from consent_freeze frozen
                      where frozen.beneficiary_id = any(array(select other_id from other) || $1::uuid)
                        and frozen.frozen_time <= $4
                        and (frozen.lifted_time is null or frozen.lifted_time > $4))
    order by cell.cell_id
"""  # noqa: S608  constant
_INSERT_DISCLOSURE: Final = """
    insert into disclosure (disclosure_id, request_id, outcome, kind, referral_id, need_id, beneficiary_id,
        agency_id, told_by_agency_id, principal_id, acting_person, purpose, legal_bases, asked_mask,
        given_mask, cell_ids, consent_event_ids, agreement_version, disclosed_time)
    values ($1, $2, 'GIVEN', 'VERBAL', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15, $16)
"""
_INSERT_HANDOVER: Final = """
    insert into handover (disclosure_id, told_by_agency_id, answer, sealed_spoken_to, sealed_circumstances,
        happened_time, recorded_time)
    values ($1, $2, $3, $4, $5, $6, $7)
"""
_INSERT_REVIEW: Final = """
    insert into emergency_review (subject_id, kind, referral_id, beneficiary_id, owner_agency_id,
        recipient_agency_id, involved_principal_ids, opened_time, due_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_REVIEW: Final = """
    update emergency_review set finding = $2, sealed_words = $3, reviewed_by_principal_id = $4,
        reviewed_time = $5
    where subject_id = $1
"""
_OPEN_REVIEWS: Final = """
    select review.*, coalesce(given.given_mask, access.authorised_mask) as given_mask,
        coalesce(told.sealed_circumstances, access.sealed_circumstances) as sealed_circumstances
    from emergency_review review
    left join disclosure given on given.disclosure_id = review.subject_id
    left join handover told on told.disclosure_id = review.subject_id
    left join emergency_access access on access.emergency_access_id = review.subject_id
    where review.finding is null
      and ($1::timestamptz is null or (review.due_time, review.subject_id) > ($1, $2))
    order by review.due_time, review.subject_id limit $3
"""


@dataclass(frozen=True, slots=True)
class SentNeed:
    """The need behind a referral that the caller's agency sent."""

    need_id: NeedId
    beneficiary_id: BeneficiaryId
    service_type: str
    recorded_time: datetime


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """A hand-over about to be inserted; `happened_time` is when it was said."""

    disclosure_id: DisclosureId
    request_id: UUID
    told_by_agency_id: AgencyId
    need: SentNeed
    purpose: str
    handover: Handover
    relied_on: tuple[Cell, ...]
    agreement_version: int | None
    sealed_spoken_to: bytes
    sealed_circumstances: bytes | None
    happened_time: datetime
    recorded_time: datetime


class PostgresEmergencies:
    """Rows are only added; a review gets its finding once."""

    async def sent(self, tx: Transaction, referral_id: ReferralId) -> SentNeed | None:
        """The need of a referral; None where the caller's agency did not send it."""
        row = await tx.connection.fetchrow(_SENT, referral_id)
        return None if row is None else SentNeed(**row)

    async def agreement_then(self, tx: Transaction, agency_id: AgencyId, then: datetime) -> Agreement | None:
        """The version of the agency's agreement that was the last one `then`."""
        row = await tx.connection.fetchrow(_AGREEMENT_THEN, agency_id, then)
        return None if row is None else agreement_from(row)

    async def cells_then(
        self,
        tx: Transaction,
        beneficiary_id: BeneficiaryId,
        agency_id: AgencyId,
        purpose: str,
        then: datetime,
    ) -> tuple[Cell, ...]:
        """The grants of which the hub knew `then`, as they stood then; none while consent was frozen."""
        rows = await tx.connection.fetch(_CELLS_THEN, beneficiary_id, agency_id, purpose, then)
        return tuple(
            cell_from(dict(row) | {"withdrawn_time": None, "withdrawn_event_id": None}) for row in rows
        )

    async def add_handover(self, tx: Transaction, row: HandoverRow) -> None:
        """Writes the disclosure and what was answered."""
        await tx.connection.execute(_INSERT_DISCLOSURE, *_disclosure_values(row, tx))
        await tx.connection.execute(
            _INSERT_HANDOVER,
            row.disclosure_id,
            row.told_by_agency_id,
            row.handover.answer,
            row.sealed_spoken_to,
            row.sealed_circumstances,
            row.happened_time,
            row.recorded_time,
        )

    async def open_review(self, tx: Transaction, review: EmergencyReview) -> None:
        """From now on it waits for its review."""
        await tx.connection.execute(
            _INSERT_REVIEW,
            review.subject_id,
            review.kind,
            review.referral_id,
            review.beneficiary_id,
            review.owner_agency_id,
            review.recipient_agency_id,
            sorted(review.involved_ids),
            review.opened_time,
            review.due_time,
        )

    async def lock_review(self, tx: Transaction, subject_id: UUID) -> EmergencyReview | None:
        """The review, locked for its finding; None where the caller's agency does not own it."""
        row = await tx.connection.fetchrow(
            "select * from emergency_review where subject_id = $1 for no key update", subject_id
        )
        return None if row is None else review_from(row)

    async def keep_finding(
        self,
        tx: Transaction,
        subject_id: UUID,
        finding: ReviewFinding,
        sealed_words: bytes | None,
        now: datetime,
    ) -> None:
        """Writes what the caller finds; no words where the person was erased."""
        await tx.connection.execute(_REVIEW, subject_id, finding, sealed_words, tx.caller.principal_id, now)

    async def open_reviews(
        self, tx: Transaction, after: tuple[datetime, UUID] | None, size: int
    ) -> Sequence[EmergencyReview]:
        """Up to `size` reviews of the caller's agency that wait, the earliest due first."""
        due_time, subject_id = after or (None, None)
        rows = await tx.connection.fetch(_OPEN_REVIEWS, due_time, subject_id, size)
        return [
            replace(
                review_from(row),
                given_mask=row["given_mask"],
                sealed_circumstances=row["sealed_circumstances"],
            )
            for row in rows
        ]


def _disclosure_values(row: HandoverRow, tx: Transaction) -> list[Any]:
    bases = {str(cell.legal_basis) for cell in row.relied_on} or {str(row.handover.legal_basis)}
    return [
        row.disclosure_id,
        row.request_id,
        row.handover.referral_id,
        row.need.need_id,
        row.need.beneficiary_id,
        row.handover.agency_id,
        row.told_by_agency_id,
        tx.caller.principal_id,
        tx.caller.acting_person,
        row.purpose,
        sorted(bases),
        row.handover.told_mask,
        [cell.cell_id for cell in row.relied_on],
        sorted({cell.consent_event_id for cell in row.relied_on}),
        row.agreement_version,
        row.happened_time,
    ]


def review_from(row: Any) -> EmergencyReview:
    """A row of emergency_review."""
    return EmergencyReview(
        subject_id=row["subject_id"],
        kind=EmergencyKind(row["kind"]),
        referral_id=ReferralId(row["referral_id"]),
        beneficiary_id=BeneficiaryId(row["beneficiary_id"]),
        owner_agency_id=AgencyId(row["owner_agency_id"]),
        recipient_agency_id=AgencyId(row["recipient_agency_id"]),
        involved_ids=frozenset(row["involved_principal_ids"]),
        opened_time=row["opened_time"],
        due_time=row["due_time"],
        finding=None if row["finding"] is None else ReviewFinding(row["finding"]),
    )
