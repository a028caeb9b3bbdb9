"""Corrections of people's data in PostgreSQL. The caller holds the person's lock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, DisclosureId
from services.intake.domain.correction import Correction, EarlierValue

_ADD: Final = """
    insert into correction (correction_id, beneficiary_id, version, corrected_mask, by_agency_id,
        by_principal_id, acting_person, corrected_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_SINCE: Final = """
    select correction_id from correction where beneficiary_id = any($1::uuid[]) and corrected_time >= $2
    order by corrected_time desc limit 1
"""


async def corrected_since_given(tx: Transaction, disclosure_id: DisclosureId) -> int:
    """The categories of which something was corrected since this was given; the person stays as they are."""
    mask: int = await tx.connection.fetchval("select corrected_since_given($1)", disclosure_id)
    return mask


class PostgresCorrections:
    """Rows are only added; they say that something was corrected, never what it was or is."""

    async def add(self, tx: Transaction, correction: Correction) -> None:
        """Keeps that the caller has corrected something."""
        await tx.connection.execute(
            _ADD,
            correction.correction_id,
            correction.beneficiary_id,
            correction.version,
            correction.corrected_mask,
            correction.by_agency_id,
            tx.caller.principal_id,
            tx.caller.acting_person,
            correction.corrected_time,
        )

    async def earlier_values(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, corrected_mask: int, now: datetime
    ) -> list[EarlierValue]:
        """What agencies hold that is no longer so, as far as nobody has told them yet."""
        rows = await tx.connection.fetch(
            "select * from earlier_values_held($1, $2, $3)",
            beneficiary_id,
            corrected_mask,
            now,
        )
        return [EarlierValue(**row) for row in rows]

    async def mask_since(self, tx: Transaction, beneficiary_id: BeneficiaryId, since: datetime) -> int:
        """The categories of which something was corrected from then on."""
        mask: int = await tx.connection.fetchval(
            "select coalesce(bit_or(corrected_mask), 0) from correction"
            " where beneficiary_id = $1 and corrected_time >= $2",
            beneficiary_id,
            since,
        )
        return mask

    async def last_since(
        self, tx: Transaction, records: Sequence[BeneficiaryId], since: datetime
    ) -> UUID | None:
        """The last correction of one of these records from then on; None where there is none."""
        found: UUID | None = await tx.connection.fetchval(_SINCE, records, since)
        return found
