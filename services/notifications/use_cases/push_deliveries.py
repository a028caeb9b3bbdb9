"""Brings a partner the next deliveries of an inbox, and keeps what became of it."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from services.notifications.adapters.measures import push_failures, pushed_deliveries
from services.notifications.adapters.partner_lines import PartnerLines
from services.notifications.adapters.postgres_acknowledgements import PostgresAcknowledgements
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_push_endpoints import Lease, PostgresPushEndpoints
from services.notifications.domain.acknowledgement import SequenceNotKnown
from services.notifications.domain.push_endpoint import PushEndpoint, PushFailed
from services.notifications.use_cases.acknowledge_deliveries import Acknowledgement, acknowledge_deliveries

MOST_DELIVERIES: Final = 100
"""Of one call, about 20 KB; the contract's own bound."""

CONNECTIONS: Final = 2
"""Of the database, for all pushes together, so that batches never queue behind them."""

_LEASE_MARGIN: Final = timedelta(seconds=10)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pushing:
    """What pushing is done with.

    Args:
        patience: how long every try must have failed before the hub gives up.
        call_seconds: how long a call may take; a lease is longer by what the database needs before and after.
    """

    database: Database
    lines: PartnerLines
    patience: timedelta
    call_seconds: float
    deliveries: PostgresDeliveries = field(default_factory=PostgresDeliveries)
    acknowledgements: PostgresAcknowledgements = field(default_factory=PostgresAcknowledgements)
    endpoints: PostgresPushEndpoints = field(default_factory=PostgresPushEndpoints)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))

    @property
    def lease_duration(self) -> timedelta:
        """Prolonged by each call that has ended."""
        return timedelta(seconds=self.call_seconds) + _LEASE_MARGIN


async def push_deliveries(lease: Lease, from_sequence: int, pushing: Pushing) -> int | None:
    """One call to the partner with what lies behind `from_sequence`; answers how far the partner is then.

    What the partner has acknowledged is acknowledged in the agency's name in the same commit that moves the
    endpoint on. May bring the same deliveries again when the process dies before that commit.

    Returns:
        None where there is nothing to push now: none left, none taken, or the lease is no longer ours.
    """
    place = (lease.recipient_id, from_sequence)
    async with pushing.room:
        pages = await pushing.deliveries.pages(pushing.database.pool, [place], MOST_DELIVERIES)
    if not pages[place] or time.monotonic() + pushing.call_seconds > lease.end_seconds:
        return None
    try:
        taken = await pushing.lines.deliver(lease.endpoint, pages[place])
    except PushFailed as failed:
        await _keep_failure(lease, failed, pushing)
        return None
    begun = time.monotonic()
    async with pushing.room, pushing.database.transaction(_SELF) as tx:
        endpoint = await pushing.endpoints.lock_leased(tx, lease)
        if endpoint is None:
            return None
        word = Acknowledgement(endpoint.recipient, taken, _SELF)
        (outcome,) = await acknowledge_deliveries([word], tx, pushing.acknowledgements)
        if isinstance(outcome, SequenceNotKnown):
            raise outcome
        endpoint.succeed(taken, await tx.now())
        await pushing.endpoints.save(tx, endpoint, lease, pushing.lease_duration)
    lease.end_seconds = begun + pushing.lease_duration.total_seconds()
    pushed_deliveries.add(sum(one.sequence <= taken for one in pages[place]))
    return taken


async def _keep_failure(lease: Lease, failed: PushFailed, pushing: Pushing) -> None:
    push_failures.add(1, {"failure": failed.failure})
    async with pushing.room, pushing.database.transaction(_SELF) as tx:
        endpoint = await pushing.endpoints.lock_leased(tx, lease)
        if endpoint is None:
            return
        await _fail(tx, endpoint, failed, pushing.patience)
        await pushing.endpoints.save(tx, endpoint)
    tell = log.error if endpoint.given_up_time else log.warning
    tell(
        "push_given_up" if endpoint.given_up_time else "push_failed",
        recipient_id=str(lease.recipient_id),
        reason=failed.failure,
        code=failed.grpc_code,
        tries=endpoint.tries,
    )


async def _fail(tx: Transaction, endpoint: PushEndpoint, failed: PushFailed, patience: timedelta) -> None:
    chance = random.random()  # noqa: S311 (spreads tries, keeps no secret)
    given_up = endpoint.fail(failed, await tx.now(), patience=patience, chance=chance)
    if given_up is not None:
        tx.publish(given_up)


_SELF: Final = Caller.of_service("notifications")
