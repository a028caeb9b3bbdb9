"""Emergency accesses in PostgreSQL, and what was given or refused by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, ReferralId
from kernel.vocabulary import LegalBasis
from services.intake.adapters.consent_rows import CELL_COLUMNS, cell_from
from services.intake.domain.cells import Cell
from services.intake.domain.emergency_access import AccessState, EmergencyAccess
from services.intake.domain.held_referral import HeldReferral

_OWNER: Final = "select owner_of_held_referral($1)"
_INSERT: Final = """
    insert into emergency_access (emergency_access_id, referral_id, beneficiary_id, agency_id,
        owner_agency_id, service_type, asked_mask, sealed_circumstances, requested_by_principal_id,
        acting_person, requested_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_DECIDE: Final = """
    update emergency_access set state = $2, authorised_mask = $3, decided_by_principal_id = $4,
        decided_time = $5, valid_until_time = $6
    where emergency_access_id = $1
"""
_ASKED: Final = """
    select * from emergency_access
    where state = 'REQUESTED' and ($4::uuid is null or owner_agency_id = $4)
      and ($1::timestamptz is null or (requested_time, emergency_access_id) > ($1, $2))
    order by requested_time, emergency_access_id limit $3
"""
_DENIALS: Final = f"""
    select {CELL_COLUMNS} from grant_cell
    where beneficiary_id = any(array(select others_of_person($1)) || $1::uuid)
      and agency_id = $2 and effect = 'DENY' and withdrawn_time is null and binds_in_emergency(consent_id)
    order by cell_id for share
"""  # noqa: S608  constant
_INSERT_DISCLOSURE: Final = """
    insert into disclosure (disclosure_id, request_id, outcome, kind, refusal_reason, referral_id, need_id,
        beneficiary_id, agency_id, principal_id, acting_person, offer_id, purpose, legal_bases, asked_mask,
        given_mask, agreement_version, disclosed_time, emergency_access_id)
    values ($1, $2, $3, 'EMERGENCY', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    on conflict (principal_id, request_id, outcome, refusal_reason) do nothing
"""


@dataclass(frozen=True, slots=True)
class EmergencyDisclosureRow:
    """One use of an access; `refusal` is empty where something was given."""

    disclosure_id: DisclosureId
    request_id: UUID
    access: EmergencyAccess
    held: HeldReferral | None
    given_mask: int
    agreement_version: int | None
    disclosed_time: datetime
    refusal: str = ""


class PostgresEmergencyAccess:
    """Rows are added, and decided on once."""

    async def owner_of(self, tx: Transaction, referral_id: ReferralId) -> AgencyId | None:
        """Who sent a referral that the caller's agency holds now."""
        owner: AgencyId | None = await tx.connection.fetchval(_OWNER, referral_id)
        return owner

    async def add(self, tx: Transaction, access: EmergencyAccess) -> None:
        """Puts the question on record."""
        await tx.connection.execute(
            _INSERT,
            access.emergency_access_id,
            access.referral_id,
            access.beneficiary_id,
            access.agency_id,
            access.owner_agency_id,
            access.service_type,
            access.asked_mask,
            access.sealed_circumstances,
            access.requested_by_id,
            tx.caller.acting_person,
            access.requested_time,
        )

    async def lock(self, tx: Transaction, emergency_access_id: UUID) -> EmergencyAccess | None:
        """The access, kept as it is; None where the caller may not know of it."""
        row = await tx.connection.fetchrow(
            "select * from emergency_access where emergency_access_id = $1 for no key update",
            emergency_access_id,
        )
        return None if row is None else access_from(row)

    async def decide(
        self,
        tx: Transaction,
        emergency_access_id: UUID,
        authorised_mask: int,
        now: datetime,
        valid_until_time: datetime | None,
    ) -> None:
        """Writes what the caller has decided; refused where it is valid until no time at all."""
        state = AccessState.REFUSED if valid_until_time is None else AccessState.AUTHORISED
        await tx.connection.execute(
            _DECIDE,
            emergency_access_id,
            state,
            authorised_mask,
            tx.caller.principal_id,
            now,
            valid_until_time,
        )

    async def asked(
        self, tx: Transaction, after: tuple[datetime, UUID] | None, size: int
    ) -> Sequence[EmergencyAccess]:
        """Up to `size` accesses that wait for a decision by the caller's side, the oldest first.

        Whoever acts for no agency is an officer, whose side is everybody's.
        """
        requested_time, emergency_access_id = after or (None, None)
        rows = await tx.connection.fetch(
            _ASKED, requested_time, emergency_access_id, size, tx.caller.agency_id
        )
        return [access_from(row) for row in rows]

    async def denials(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, agency_id: AgencyId
    ) -> tuple[Cell, ...]:
        """What the person, or who may decide for them, has excluded for this agency, for whatever purpose.

        It is locked.
        """
        return tuple(cell_from(row) for row in await tx.connection.fetch(_DENIALS, beneficiary_id, agency_id))

    async def add_disclosure(self, tx: Transaction, row: EmergencyDisclosureRow) -> bool:
        """Writes what was given or refused; False where the same request was already decided so."""
        done: str = await tx.connection.execute(_INSERT_DISCLOSURE, *_values(row, tx))
        return done.endswith(" 1")


def _values(row: EmergencyDisclosureRow, tx: Transaction) -> list[Any]:
    access, held = row.access, row.held
    return [
        row.disclosure_id,
        row.request_id,
        "REFUSED" if row.refusal else "GIVEN",
        row.refusal,
        access.referral_id,
        held.need_id if held else None,
        access.beneficiary_id,
        access.agency_id,
        tx.caller.principal_id,
        tx.caller.acting_person,
        held.offer_id if held else None,
        held.purpose if held else None,
        [] if row.refusal else [LegalBasis.VITAL_INTEREST],
        access.authorised_mask,
        row.given_mask,
        row.agreement_version,
        row.disclosed_time,
        access.emergency_access_id,
    ]


def access_from(row: Any) -> EmergencyAccess:
    """A row of emergency_access."""
    return EmergencyAccess(
        emergency_access_id=row["emergency_access_id"],
        referral_id=ReferralId(row["referral_id"]),
        beneficiary_id=BeneficiaryId(row["beneficiary_id"]),
        service_type=row["service_type"],
        agency_id=AgencyId(row["agency_id"]),
        owner_agency_id=AgencyId(row["owner_agency_id"]),
        asked_mask=row["asked_mask"],
        sealed_circumstances=row["sealed_circumstances"],
        requested_by_id=row["requested_by_principal_id"],
        requested_time=row["requested_time"],
        state=AccessState(row["state"]),
        authorised_mask=row["authorised_mask"],
        decided_by_id=row["decided_by_principal_id"],
        valid_until_time=row["valid_until_time"],
    )
