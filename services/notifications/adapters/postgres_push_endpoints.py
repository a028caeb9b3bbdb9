"""Push endpoints in PostgreSQL, and the leases of those who push."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg

from chassis.postgres import Transaction
from kernel.ids import AgencyId, RecipientId
from kernel.time import utc
from services.notifications.adapters.postgres_deliveries import Readable
from services.notifications.domain.push_endpoint import PushEndpoint, PushFailure
from services.notifications.domain.recipient import Inbox, Recipient

_COLUMNS: Final = """
    e.endpoint_id, e.inbox, e.agency_id, e.address, e.authorities, e.pushed_sequence, e.next_try_time,
    e.version, e.tries, e.failure, e.grpc_code, e.failing_since_time, e.given_up_time
"""

# One statement takes all that is due: whoever has something waiting, is not held, and may be tried again.
_LEASE: Final = f"""
    with due as (
        select e.recipient_id, greatest(e.pushed_sequence, r.forgotten_sequence) as from_sequence
        from push_endpoint e join recipient r using (recipient_id)
        where e.given_up_time is null and e.next_try_time <= clock_timestamp()
          and (e.lease_end_time is null or e.lease_end_time <= clock_timestamp())
          and r.last_sequence > greatest(e.pushed_sequence, r.forgotten_sequence)
        order by e.next_try_time limit $1 for update of e skip locked
    )
    update push_endpoint e set lease_id = gen_random_uuid(), lease_end_time = clock_timestamp() + $2
    from due where e.recipient_id = due.recipient_id
    returning e.lease_id, due.from_sequence, {_COLUMNS}
"""  # noqa: S608 - column names only

_LOCK_LEASED: Final = f"""
    select {_COLUMNS} from push_endpoint e where e.recipient_id = $1 and e.lease_id = $2 for update
"""  # noqa: S608 - column names only

_LOCK: Final = f"""
    select {_COLUMNS} from push_endpoint e where e.recipient_id = $1 for update
"""  # noqa: S608 - column names only

_RELEASE: Final = """
    update push_endpoint set lease_id = null, lease_end_time = null where recipient_id = $1 and lease_id = $2
"""

_INSERT: Final = """
    insert into push_endpoint (recipient_id, endpoint_id, inbox, agency_id, address, authorities,
                               pushed_sequence, version, next_try_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning true
"""

_SAVE: Final = """
    update push_endpoint set address = $2, authorities = $3, pushed_sequence = $4, version = $5, tries = $6,
           failure = $7, grpc_code = $8, failing_since_time = $9, next_try_time = $10, given_up_time = $11,
           lease_id = $12::uuid, lease_end_time = case when $12::uuid is null then null
                                                       else clock_timestamp() + $13 end
    where recipient_id = $1
"""

_PAGE: Final = f"""
    select {_COLUMNS}, coalesce(r.last_sequence, 0) as last_sequence
    from push_endpoint e left join recipient r using (recipient_id)
    where ($1::uuid is null or e.agency_id = $1) and ($2::uuid is null or e.recipient_id > $2)
    order by e.recipient_id limit $3
"""  # noqa: S608 - column names only

_NO_TIME: Final = timedelta()


@dataclass(slots=True)
class Lease:
    """The right to push one endpoint's deliveries for a while, as it was when it was taken.

    Args:
        from_sequence: what is to be pushed lies behind it.
        end_seconds: until when it may be relied on, by this machine's monotonic clock: a process that was
            stopped in between finds that it is over, whatever it was about to do.
    """

    lease_id: UUID
    endpoint: PushEndpoint
    from_sequence: int
    end_seconds: float

    @property
    def recipient_id(self) -> RecipientId:
        return self.endpoint.recipient.recipient_id


@dataclass(frozen=True, slots=True)
class ListedEndpoint:
    """An endpoint beside the end of its inbox."""

    endpoint: PushEndpoint
    last_sequence: int


class PostgresPushEndpoints:
    """The table `push_endpoint`."""

    async def lease(self, reader: Readable, limit: int, duration: timedelta) -> list[Lease]:
        """Takes endpoints that are due, none that another worker holds; in its own commit."""
        end_seconds = time.monotonic() + duration.total_seconds()
        rows = await reader.fetch(_LEASE, limit, duration)
        return [
            Lease(row["lease_id"], _endpoint(row), int(row["from_sequence"]), end_seconds) for row in rows
        ]

    async def lock_leased(self, tx: Transaction, lease: Lease) -> PushEndpoint | None:
        """The endpoint as it is now; None where the lease is another's, or the endpoint was changed."""
        row = await tx.connection.fetchrow(_LOCK_LEASED, lease.recipient_id, lease.lease_id)
        return _endpoint(row) if row else None

    async def release(self, reader: Readable, lease: Lease) -> None:
        """Gives a lease back; another's is left alone."""
        await reader.fetch(_RELEASE, lease.recipient_id, lease.lease_id)

    async def lock(self, tx: Transaction, recipient_id: RecipientId) -> PushEndpoint | None:
        """The endpoint of an inbox, locked; None where there is none."""
        row = await tx.connection.fetchrow(_LOCK, recipient_id)
        return _endpoint(row) if row else None

    async def add(self, tx: Transaction, endpoint: PushEndpoint) -> bool:
        """Adds an endpoint to an inbox that has none; False where somebody was first."""
        added = await tx.connection.fetchval(
            _INSERT,
            endpoint.recipient.recipient_id,
            endpoint.endpoint_id,
            endpoint.recipient.inbox,
            endpoint.recipient.agency_id,
            endpoint.address,
            endpoint.authorities,
            endpoint.pushed_sequence,
            endpoint.version,
            endpoint.next_try_time,
        )
        return bool(added)

    async def save(
        self,
        tx: Transaction,
        endpoint: PushEndpoint,
        lease: Lease | None = None,
        duration: timedelta = _NO_TIME,
    ) -> None:
        """Writes a locked endpoint; ends whatever lease there is, but prolongs the one given."""
        await tx.connection.execute(
            _SAVE,
            endpoint.recipient.recipient_id,
            endpoint.address,
            endpoint.authorities,
            endpoint.pushed_sequence,
            endpoint.version,
            endpoint.tries,
            endpoint.failure,
            endpoint.grpc_code,
            endpoint.failing_since_time,
            endpoint.next_try_time,
            endpoint.given_up_time,
            lease.lease_id if lease else None,
            duration,
        )

    async def delete(self, tx: Transaction, recipient_id: RecipientId) -> None:
        """Deletes a locked endpoint."""
        await tx.connection.execute("delete from push_endpoint where recipient_id = $1", recipient_id)

    async def page(
        self, tx: Transaction, agency_id: AgencyId | None, after: UUID | None, limit: int
    ) -> Sequence[ListedEndpoint]:
        """Endpoints in the order of their recipients' ids."""
        rows = await tx.connection.fetch(_PAGE, agency_id, after, limit)
        return [ListedEndpoint(_endpoint(row), int(row["last_sequence"])) for row in rows]


def _endpoint(row: asyncpg.Record) -> PushEndpoint:
    return PushEndpoint(
        endpoint_id=row["endpoint_id"],
        recipient=Recipient(Inbox(row["inbox"]), AgencyId(row["agency_id"])),
        address=row["address"],
        authorities=row["authorities"],
        pushed_sequence=int(row["pushed_sequence"]),
        next_try_time=utc(row["next_try_time"]),
        version=int(row["version"]),
        tries=int(row["tries"]),
        failure=PushFailure(row["failure"]) if row["failure"] else None,
        grpc_code=row["grpc_code"],
        failing_since_time=utc(row["failing_since_time"]) if row["failing_since_time"] else None,
        given_up_time=utc(row["given_up_time"]) if row["given_up_time"] else None,
    )
