"""Holds of retention in PostgreSQL. The caller holds the person's lock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.domain.retention import HoldGround

_ADD: Final = """
    insert into retention_hold (retention_hold_id, beneficiary_id, ground, sealed_words,
        placed_by_principal_id, placed_time)
    values ($1, $2, $3, $4, $5, $6)
"""
_COLUMNS: Final = "retention_hold_id, beneficiary_id, ground, sealed_words, placed_time"
_OPEN: Final = f"""
    select {_COLUMNS} from retention_hold where retention_hold_id = $1 and lifted_time is null
"""  # noqa: S608  a constant
_LISTED: Final = f"""
    select {_COLUMNS} from retention_hold
    where lifted_time is null
      and ($1::timestamptz is null or (placed_time, retention_hold_id) > ($1, $2))
    order by placed_time, retention_hold_id limit $3
"""  # noqa: S608  a constant
_STANDS: Final = """
    select exists (
        select from retention_hold where beneficiary_id = any($1::uuid[]) and lifted_time is null
    )
"""
_LIFT: Final = """
    update retention_hold set sealed_lifting_words = $2, lifted_by_principal_id = $3, lifted_time = $4
    where retention_hold_id = $1
"""


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold that nobody has lifted."""

    retention_hold_id: UUID
    beneficiary_id: BeneficiaryId
    ground: HoldGround
    sealed_words: bytes
    placed_time: datetime


class PostgresRetentionHolds:
    """The table `retention_hold`; of a person there may be several."""

    async def add(self, tx: Transaction, hold: OpenHold) -> None:
        """Places one, by the caller."""
        await tx.connection.execute(
            _ADD,
            hold.retention_hold_id,
            hold.beneficiary_id,
            hold.ground,
            hold.sealed_words,
            tx.caller.principal_id,
            hold.placed_time,
        )

    async def open_of(self, tx: Transaction, retention_hold_id: UUID) -> OpenHold | None:
        """The hold; None where there is none, or it was lifted."""
        row = await tx.connection.fetchrow(_OPEN, retention_hold_id)
        return None if row is None else OpenHold(**{**dict(row), "ground": HoldGround(row["ground"])})

    async def stands(self, tx: Transaction, records: Collection[BeneficiaryId]) -> bool:
        """Whether any of these records is held."""
        found: bool = await tx.connection.fetchval(_STANDS, list(records))
        return found

    async def lift(
        self, tx: Transaction, retention_hold_id: UUID, sealed_words: bytes, now: datetime
    ) -> None:
        """Ends it, by the caller."""
        await tx.connection.execute(_LIFT, retention_hold_id, sealed_words, tx.caller.principal_id, now)

    async def listed(self, tx: Transaction, after: tuple[datetime, UUID] | None, size: int) -> list[OpenHold]:
        """Up to `size` holds that stand, the oldest first."""
        rows = await tx.connection.fetch(_LISTED, *(after or (None, None)), size)
        return [OpenHold(**{**dict(row), "ground": HoldGround(row["ground"])}) for row in rows]
