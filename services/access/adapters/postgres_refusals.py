"""Refusals of sign-in, counted in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import PrincipalId
from kernel.time import utc
from services.access.domain.refusals import RefusalWindow

RefusalKind = tuple[PrincipalId, str, str]
"""To whom, of which RPC, and why."""

# in one order, so that two processes never wait for each other
_COUNT: Final = """
    insert into refusal_window (principal_id, method, reason, begin_time, times)
    select principal_id, method, reason, $5, times
    from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) as a (principal_id, method, reason, times)
    order by principal_id, method, reason
    on conflict (principal_id, method, reason) do update set times = refusal_window.times + excluded.times
    returning principal_id, method, reason, times
"""

_TAKE_ENDED: Final = """
    delete from refusal_window where (principal_id, method, reason) in (
        select principal_id, method, reason from refusal_window
        where begin_time <= $1 order by begin_time limit 100 for update skip locked)
    returning principal_id, method, reason, begin_time, times
"""


class PostgresRefusals:
    """The table `refusal_window`."""

    async def count(
        self, tx: Transaction, new: Mapping[RefusalKind, int], now: datetime
    ) -> dict[RefusalKind, int]:
        """Adds the new ones of each kind; answers how many there are in its window with them."""
        kinds = sorted(new)
        rows = await tx.connection.fetch(
            _COUNT, *(list(column) for column in zip(*kinds, strict=True)), [new[one] for one in kinds], now
        )
        return {(row["principal_id"], row["method"], row["reason"]): int(row["times"]) for row in rows}

    async def take_ended(self, tx: Transaction, begun_before: datetime) -> list[RefusalWindow]:
        """Some of the windows that began so long ago; they are there no more."""
        return [
            RefusalWindow(
                PrincipalId(row["principal_id"]),
                row["method"],
                row["reason"],
                utc(row["begin_time"]),
                int(row["times"]),
            )
            for row in await tx.connection.fetch(_TAKE_ENDED, begun_before)
        ]
