"""What service types need after acceptance, as far as kem.directory.v1 has told."""

from collections.abc import Sequence
from typing import Final

from chassis.postgres import Transaction
from services.intake.domain.needed_categories import NeededCategories

_SAVE: Final = """
    insert into needed_categories (service_type, mask, version)
    select distinct on (service_type) service_type, mask, version
    from unnest($1::text[], $2::bigint[], $3::bigint[]) as told (service_type, mask, version)
    order by service_type, version desc
    on conflict (service_type) do update set mask = excluded.mask, version = excluded.version
    where needed_categories.version < excluded.version
"""


class PostgresNeededCategories:
    """A projection: written by the reader of kem.directory.v1, asked by disclosure."""

    async def save(self, tx: Transaction, told: Sequence[NeededCategories]) -> None:
        """Keeps the newest of each type; one that is older than what is kept changes nothing. Repeat-safe."""
        await tx.connection.execute(
            _SAVE,
            [one.service_type for one in told],
            [one.mask for one in told],
            [one.version for one in told],
        )
