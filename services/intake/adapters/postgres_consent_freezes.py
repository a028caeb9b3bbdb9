"""Freezes of consent in PostgreSQL. The caller holds the person's lock."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId

_OPEN: Final = """
    select consent_freeze_id from consent_freeze where beneficiary_id = $1 and lifted_time is null
"""
_HOLDS: Final = """
    select exists (
        select from consent_freeze where lifted_time is null and beneficiary_id = any(
            array(select other_id from same_person where beneficiary_id = $1 and unmerged_time is null)
            || $1::uuid))
"""
_ADD: Final = """
    insert into consent_freeze (consent_freeze_id, beneficiary_id, frozen_by_agency_id,
        frozen_by_principal_id, frozen_time, sealed_words)
    values ($1, $2, $3, $4, $5, $6)
"""
_LIFT: Final = """
    update consent_freeze set lifted_by_principal_id = $2, lifted_time = $3, sealed_lifting_words = $4
    where consent_freeze_id = $1
"""


class PostgresConsentFreezes:
    """The table `consent_freeze`: one open freeze of a person at most."""

    async def open_of(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> UUID | None:
        """The freeze that is in force; None where there is none."""
        found: UUID | None = await tx.connection.fetchval(_OPEN, beneficiary_id)
        return found

    async def holds(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> bool:
        """Whether a freeze is in force, of this record or of another one of the same person."""
        found: bool = await tx.connection.fetchval(_HOLDS, beneficiary_id)
        return found

    async def add(
        self,
        tx: Transaction,
        freeze_id: UUID,
        beneficiary_id: BeneficiaryId,
        agency_id: AgencyId,
        sealed_words: bytes,
        now: datetime,
    ) -> None:
        """Opens one, by the caller."""
        await tx.connection.execute(
            _ADD, freeze_id, beneficiary_id, agency_id, tx.caller.principal_id, now, sealed_words
        )

    async def lift(self, tx: Transaction, freeze_id: UUID, sealed_words: bytes, now: datetime) -> None:
        """Ends it, by the caller."""
        await tx.connection.execute(_LIFT, freeze_id, tx.caller.principal_id, now, sealed_words)
