"""How referrals went, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction

_PACES: Final = "select * from paces_of($1)"


@dataclass(frozen=True, slots=True)
class Pace:
    """How one referral went; of each offer that was answered, by whom, and whether they declined."""

    referral_id: UUID
    first_offer_time: datetime | None
    accepted_time: datetime | None
    closed_time: datetime | None
    agency_ids: Sequence[UUID]
    is_declined: Sequence[bool]


class PostgresPaces:
    """Only reads, and only for the hub's own services."""

    async def of(self, tx: Transaction, referral_ids: Sequence[UUID]) -> list[Pace]:
        """Those that are known, whoever sent them, by one statement."""
        return [Pace(**row) for row in await tx.connection.fetch(_PACES, list(referral_ids))]
