"""Disclosures in PostgreSQL: what an agency asked, what it was given, and on what that rested."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, NeedId, OfferId, ReferralId
from services.intake.adapters.consent_rows import cell_from
from services.intake.adapters.postgres_agreements import agreement_from
from services.intake.adapters.postgres_held_referrals import HELD_COLUMNS, held_from
from services.intake.domain.agreement import Agreement
from services.intake.domain.cells import Cell
from services.intake.domain.held_referral import HeldReferral

_INSERT: Final = """
    insert into disclosure (disclosure_id, request_id, outcome, refusal_reason, referral_id, need_id,
        beneficiary_id, agency_id, principal_id, acting_person, offer_id, for_assessment, purpose,
        legal_bases, asked_mask, given_mask, cell_ids, consent_event_ids, agreement_version, disclosed_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
    on conflict (principal_id, request_id, outcome, refusal_reason) do nothing
"""
_HOLD: Final = (
    f"select {HELD_COLUMNS}, is_erased, is_need_withdrawn, is_consent_frozen from hold_referral_still($1, $2)"  # noqa: S608  constant
)
_GROUNDS: Final = "select *, clock_timestamp() as now from grounds_of_disclosure($1, $2, $3, $4, $5, $6)"
"""The function has all its rows, and so its locks, before the clock is read."""


@dataclass(frozen=True, slots=True)
class DisclosureRow:
    """One decision on what an agency may see. `relied_on` are the permits; empty where nothing was given."""

    disclosure_id: DisclosureId
    request_id: UUID
    referral_id: ReferralId
    agency_id: AgencyId
    disclosed_time: datetime
    refusal_reason: str = ""
    need_id: NeedId | None = None
    beneficiary_id: BeneficiaryId | None = None
    offer_id: OfferId | None = None
    for_assessment: bool = False
    purpose: str | None = None
    asked_mask: int = 0
    given_mask: int = 0
    relied_on: tuple[Cell, ...] = ()
    agreement_version: int | None = None

    @property
    def is_given(self) -> bool:
        return not self.refusal_reason


@dataclass(frozen=True, slots=True)
class EarlierDisclosure:
    """What the same request was given before."""

    disclosure_id: DisclosureId
    referral_id: ReferralId
    asked_mask: int
    given_mask: int
    disclosed_time: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What may have happened to a referral's person and need by intake's own doors."""

    is_erased: bool
    is_need_withdrawn: bool
    is_consent_frozen: bool


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a disclosure is decided on; `set_mask` is None where no officer has set what the type needs.

    `now` is the transaction's, read after the locks.
    """

    agreement: Agreement | None
    cells: tuple[Cell, ...]
    set_mask: int | None
    earlier: EarlierDisclosure | None
    now: datetime


class PostgresDisclosures:
    """Rows are only ever added. The person, the referral and the grants are locked by whoever decides."""

    async def hold_still(
        self, tx: Transaction, referral_id: ReferralId, agency_id: AgencyId
    ) -> tuple[HeldReferral, Standing] | None:
        """The referral if the agency holds it; else None, and nothing is locked.

        Keeps the person, their needs and their consent, then the referral, as they are until this transaction
        ends. Where it had to wait for a lock, the answer may be a referral that the agency holds no longer.
        """
        row = await tx.connection.fetchrow(_HOLD, referral_id, agency_id)
        if row is None:
            return None
        return held_from(row), Standing(row["is_erased"], row["is_need_withdrawn"], row["is_consent_frozen"])

    async def grounds(self, tx: Transaction, held: HeldReferral, request_id: UUID) -> Grounds:
        """On what the holder's disclosure rests. Locks the agreement, then the grants.

        No withdrawal of the grants commits before this transaction ends. With a plain read instead of the
        lock, 131 of 300 forced races gave data after the withdrawal.
        """
        rows = await tx.connection.fetch(
            _GROUNDS,
            held.agency_id,
            held.beneficiary_id,
            held.purpose,
            held.service_type,
            tx.caller.principal_id,
            request_id,
        )
        return grounds_from(rows, held, tx.note_now(rows[0]["now"]))

    async def add(self, tx: Transaction, row: DisclosureRow) -> bool:
        """Writes the decision; False where the same request was already decided so."""
        done: str = await tx.connection.execute(_INSERT, *_values(row, tx))
        return done.endswith(" 1")


def _values(row: DisclosureRow, tx: Transaction) -> list[Any]:
    return [
        row.disclosure_id,
        row.request_id,
        "GIVEN" if row.is_given else "REFUSED",
        row.refusal_reason,
        row.referral_id,
        row.need_id,
        row.beneficiary_id,
        row.agency_id,
        tx.caller.principal_id,
        tx.caller.acting_person,
        row.offer_id,
        row.for_assessment,
        row.purpose,
        sorted({str(cell.legal_basis) for cell in row.relied_on}),
        row.asked_mask,
        row.given_mask,
        [cell.cell_id for cell in row.relied_on],
        sorted({cell.consent_event_id for cell in row.relied_on}),
        row.agreement_version,
        row.disclosed_time,
    ]


def grounds_from(rows: Sequence[Any], held: HeldReferral, now: datetime) -> Grounds:
    """The rows of grounds_of_disclosure: all alike but for the grant, which may be missing."""
    first = rows[0]
    return Grounds(
        agreement=None
        if first["agreement_version"] is None
        else agreement_from({"agency_id": held.agency_id} | _prefixed(first, "agreement_")),
        cells=tuple(cell_from(row) for row in rows if row["cell_id"] is not None),
        set_mask=first["set_mask"],
        earlier=None
        if first["earlier_disclosure_id"] is None
        else EarlierDisclosure(**_prefixed(first, "earlier_")),
        now=now,
    )


def _prefixed(row: Any, prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}
