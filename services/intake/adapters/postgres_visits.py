"""Visits in PostgreSQL: when they were; what they were is sealed under the person's own key."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.adapters.vault import Vault
from services.intake.domain.visit import RecordedVisit, Visit

_ADD: Final = """
    insert into visit (visit_id, beneficiary_id, agency_id, recorded_by_principal_id, acting_person,
        sealed_content, happened_time, recorded_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_PAGE: Final = """
    select visit_id, beneficiary_id, sealed_content, happened_time, recorded_time from visit
    where beneficiary_id = any($1::uuid[])
      and ($2::timestamptz is null or (happened_time, visit_id) < ($2, $3))
    order by happened_time desc, visit_id desc limit $4
"""
_CONTENT: Final = TypeAdapter(Visit)
_BLOCK: Final = 256
"""Spaces up to a multiple of it, so that the length of what is sealed does not tell how much it is."""


class PostgresVisits:
    """Rows are only added. Row-level security shows an agency its own people's."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def add(self, tx: Transaction, recorded: RecordedVisit, visit: Visit, agency_id: AgencyId) -> bool:
        """Keeps a visit of a locked person; False where they are erased."""
        words = _CONTENT.dump_json(visit).decode()
        text = words + " " * (-len(words.encode()) % _BLOCK)
        [sealed] = await self._vault.seal_texts(tx, [(recorded.beneficiary_id, recorded.visit_id, text)])
        if sealed is None:
            return False
        await tx.connection.execute(
            _ADD,
            recorded.visit_id,
            recorded.beneficiary_id,
            agency_id,
            tx.caller.principal_id,
            tx.caller.acting_person,
            sealed,
            recorded.happened_time,
            recorded.recorded_time,
        )
        return True

    async def page(
        self,
        tx: Transaction,
        records: Sequence[BeneficiaryId],
        before: tuple[datetime, UUID] | None,
        size: int,
    ) -> list[RecordedVisit]:
        """Up to `size` visits on these records of a person, opened, the newest first."""
        happened_time, visit_id = before or (None, None)
        rows = await tx.connection.fetch(_PAGE, records, happened_time, visit_id, size)
        texts = [(row["beneficiary_id"], row["visit_id"], row["sealed_content"]) for row in rows]
        opened = await self._vault.open_texts(tx, texts)
        return [
            RecordedVisit(
                row["visit_id"],
                row["beneficiary_id"],
                row["happened_time"],
                row["recorded_time"],
                None if words is None else _CONTENT.validate_json(words),
            )
            for row, words in zip(rows, opened, strict=True)
        ]
