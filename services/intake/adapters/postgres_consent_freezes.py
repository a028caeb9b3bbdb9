"""Freezes of consent in PostgreSQL. The caller holds the person's lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.domain.freeze import FreezeGround

_OPEN: Final = """
    select consent_freeze_id from consent_freeze
    where beneficiary_id = $1 and lifted_time is null and ground = 'GUARDIAN_DOUBTED'
"""
_RESTRICTION: Final = """
    select consent_freeze_id from consent_freeze
    where rights_request_id = $1 and lifted_time is null
"""
_HOLDS: Final = """
    select ground from consent_freeze where lifted_time is null and beneficiary_id = any(
        array(select other_id from same_person where beneficiary_id = $1 and unmerged_time is null)
        || $1::uuid)
    order by frozen_time limit 1
"""
_DOUBTED: Final = """
    select exists (
        select from consent_freeze
        where lifted_time is null and ground = 'GUARDIAN_DOUBTED' and beneficiary_id = any($1::uuid[]))
"""
_ADD: Final = """
    insert into consent_freeze (consent_freeze_id, beneficiary_id, frozen_by_agency_id,
        frozen_by_principal_id, frozen_time, sealed_words, ground, rights_request_id, due_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_HAS_PERMITS: Final = """
    select exists (
        select from grant_cell as cell join consent using (consent_id)
        where cell.beneficiary_id = $1 and cell.effect = 'PERMIT' and cell.legal_basis = 'CONSENT'
          and cell.withdrawn_time is null and cell.valid_until_time > clock_timestamp()
          and ($2 or consent.given_by <> 'SELF'))
"""
_SET_DUE: Final = """
    update consent_freeze set due_time = coalesce(due_time, $2)
    where beneficiary_id = $1 and lifted_time is null and ground = 'GUARDIAN_DOUBTED'
"""
# nothing is left to decide for somebody who was erased
_LISTED: Final = """
    select frozen.consent_freeze_id, frozen.beneficiary_id, frozen.frozen_time, frozen.due_time,
        frozen.sealed_words
    from consent_freeze as frozen join beneficiary using (beneficiary_id)
    where frozen.frozen_by_agency_id = $1 and frozen.lifted_time is null and beneficiary.erased_time is null
      and frozen.ground = 'GUARDIAN_DOUBTED'
      and ($2::timestamptz is null or (frozen.frozen_time, frozen.consent_freeze_id) > ($2, $3))
    order by frozen.frozen_time, frozen.consent_freeze_id limit $4
"""
_LIFT: Final = """
    update consent_freeze set lifted_by_principal_id = $2, lifted_time = $3, sealed_lifting_words = $4,
        lifting_told_time = $5
    where consent_freeze_id = $1
"""


@dataclass(frozen=True, slots=True)
class OpenFreeze:
    """A freeze that nobody has lifted; `due_time` is by when an officer must have looked, where one must."""

    consent_freeze_id: UUID
    beneficiary_id: BeneficiaryId
    frozen_time: datetime
    due_time: datetime | None
    sealed_words: bytes


class PostgresConsentFreezes:
    """The table `consent_freeze`: of a person one open freeze for a doubt, and one for each restriction."""

    async def open_of(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> UUID | None:
        """The freeze for a doubt that is in force; None where there is none."""
        found: UUID | None = await tx.connection.fetchval(_OPEN, beneficiary_id)
        return found

    async def restriction_of(self, tx: Transaction, rights_request_id: UUID) -> UUID | None:
        """The freeze that this request has brought, where it is in force."""
        found: UUID | None = await tx.connection.fetchval(_RESTRICTION, rights_request_id)
        return found

    async def holds(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> FreezeGround | None:
        """On what ground a freeze is in force, of this record or of another one of the same person."""
        ground = await tx.connection.fetchval(_HOLDS, beneficiary_id)
        return None if ground is None else FreezeGround(ground)

    async def is_doubted(self, tx: Transaction, records: Sequence[BeneficiaryId]) -> bool:
        """Whether whoever decides for the person is doubted, on one of their records."""
        found: bool = await tx.connection.fetchval(_DOUBTED, list(records))
        return found

    async def add(
        self,
        tx: Transaction,
        freeze_id: UUID,
        beneficiary_id: BeneficiaryId,
        agency_id: AgencyId,
        sealed_words: bytes,
        now: datetime,
        rights_request_id: UUID | None = None,
        due_time: datetime | None = None,
    ) -> None:
        """Opens one, by the caller: for a doubt, or at the wish that this request has brought.

        An officer must look at it until `due_time`, where that is given.
        """
        ground = FreezeGround.GUARDIAN_DOUBTED if rights_request_id is None else FreezeGround.RESTRICTION
        await tx.connection.execute(
            _ADD,
            freeze_id,
            beneficiary_id,
            agency_id,
            tx.caller.principal_id,
            now,
            sealed_words,
            ground,
            rights_request_id,
            due_time,
        )

    async def has_permits(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, *, of_the_person: bool
    ) -> bool:
        """Whether anything is open on consent of somebody else, or of the person too (`of_the_person`)."""
        found: bool = await tx.connection.fetchval(_HAS_PERMITS, beneficiary_id, of_the_person)
        return found

    async def set_due(self, tx: Transaction, beneficiary_id: BeneficiaryId, due_time: datetime) -> None:
        """Has an officer look at the open freeze for a doubt until then, or until when it was due already."""
        await tx.connection.execute(_SET_DUE, beneficiary_id, due_time)

    async def listed(
        self, tx: Transaction, agency_id: AgencyId, after: tuple[datetime, UUID] | None, size: int
    ) -> list[OpenFreeze]:
        """Up to `size` open freezes for a doubt, of the agency's people, the oldest first."""
        rows = await tx.connection.fetch(_LISTED, agency_id, *(after or (None, None)), size)
        return [OpenFreeze(**row) for row in rows]

    async def lift(
        self,
        tx: Transaction,
        freeze_id: UUID,
        sealed_words: bytes,
        now: datetime,
        person_told_time: datetime | None = None,
    ) -> None:
        """Ends it, by the caller; of the end of a restriction the person was told before."""
        await tx.connection.execute(
            _LIFT, freeze_id, tx.caller.principal_id, now, sealed_words, person_told_time
        )
