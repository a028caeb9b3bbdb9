"""What a service type needs to know after acceptance, where a data protection officer has set it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction

_SET: Final = """
    insert into needed_categories as known (service_type, mask, set_time, set_by) values ($1, $2, $3, $4)
    on conflict (service_type) do update set mask = excluded.mask, set_time = excluded.set_time,
        set_by = excluded.set_by, version = known.version + 1
    where known.mask <> excluded.mask
    returning version
"""


class PostgresNeededCategories:
    """The table `needed_categories`; read by PostgresDirectory.needed_masks."""

    async def set(
        self, tx: Transaction, service_type: str, mask: int, set_by: UUID, now: datetime
    ) -> int | None:
        """The new version; None where nothing changed."""
        version: int | None = await tx.connection.fetchval(_SET, service_type, mask, now, set_by)
        return version
