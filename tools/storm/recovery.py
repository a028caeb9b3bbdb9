"""How long it takes after a fault: until every door answers again, and until nobody is behind."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import grpc

from kem.access.v1.access_service_pb2 import ListAccountsRequest
from kem.directory.v1 import directory_service_pb2
from kem.disclosure.v1 import disclosure_service_pb2
from kem.notifications.v1 import delivery_pb2, inbox_service_pb2
from tools.demo.rest import SCHEMAS
from tools.hub import Hub, Person

PATIENCE_SECONDS: Final = 90.0
PROBE_DEADLINE_SECONDS: Final = 1.0
LOOK_EVERY_SECONDS: Final = 0.05

_BOUNDS: Final = " union all ".join(
    f"""select '{schema}', (select count(*) from {schema}.outbox)
            + (select logged_position from {schema}.publication)"""
    for schema in SCHEMAS
)
_UNSENT: Final = " union all ".join(
    f"select '{schema}', position from {schema}.publication" for schema in SCHEMAS
)
_PROGRESS: Final = " union all ".join(
    f"select source, topic, partition, position from {schema}.consumer_progress" for schema in SCHEMAS
)
_UNREAD: Final = " union all ".join(
    f"""select 1 from {schema}.event_log as log
        where seen.source = '{schema}' and log.topic = seen.topic and log.partition = seen.partition
          and log.position > seen.position and log.position <= bound.position"""
    for schema in SCHEMAS
)
_BEHIND: Final = f"""
    with bound as (select * from unnest($1::text[], $2::bigint[]) as bound (source, position))
    select (select count(*) from bound join ({_UNSENT}) as sent (source, position) using (source)
            where sent.position < bound.position)
         + (select count(*) from ({_PROGRESS}) as seen join bound using (source)
            cross join lateral ({_UNREAD}) as unread) as behind
"""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from the strike; None where it took longer than anybody would wait."""

    serving_seconds: float | None
    caught_up_seconds: float | None


class Watch:
    """Asks at the doors as clients do, and in the databases as `./kem status` does."""

    def __init__(self, hub: Hub, kem: UUID) -> None:
        self._check_url = hub.doors.check_url
        staff = hub.person(uuid4(), kem, "caseworker", "dpo")
        inbox = inbox_service_pb2.ListDeliveriesRequest(inbox=delivery_pb2.INBOX_DESK, page_size=1)
        agreements = disclosure_service_pb2.ListAgreementsRequest(page_size=1)
        accounts, keeper = ListAccountsRequest(page_size=1), hub.person(uuid4(), None, "operator")
        services = directory_service_pb2.ListServicesRequest(page_size=1)
        self._questions: list[Callable[[], Awaitable[Any]]] = [
            partial(_ask, hub.disclosure.ListAgreements, agreements, staff),
            partial(_ask, hub.directory.ListServices, services, staff),
            partial(_ask, hub.inbox().ListDeliveries, inbox, staff),
            partial(_ask, hub.staff.ListAccounts, accounts, keeper),
        ]

    async def recovery(self, since: float) -> Recovery:
        """Waits until everything is well again.

        Args:
            since: monotonic seconds of the strike.
        """
        if not await _until(self._all_answer, PATIENCE_SECONDS):
            return Recovery(None, None)
        serving = time.monotonic() - since
        bounds: dict[str, int] = {}

        async def is_nobody_behind() -> bool:
            connection = await asyncpg.connect(self._check_url, timeout=5)
            try:
                if not bounds:  # what has been committed until now
                    bounds.update((row[0], row[1]) for row in await connection.fetch(_BOUNDS))
                behind = await connection.fetchval(_BEHIND, list(bounds), list(bounds.values()))
                return bool(behind == 0)
            finally:
                await connection.close(timeout=2)

        is_caught_up = await _until(is_nobody_behind, PATIENCE_SECONDS)
        return Recovery(serving, time.monotonic() - since if is_caught_up else None)

    async def _all_answer(self) -> bool:
        """Whether each service answers a call that needs its database."""
        for ask in self._questions:
            await ask()
        return True


async def _ask(method: Callable[..., Awaitable[Any]], request: Any, staff: Person) -> Any:
    return await method(request, metadata=staff.credentials(), timeout=PROBE_DEADLINE_SECONDS)


async def _until(condition: Callable[[], Awaitable[bool]], patience_seconds: float) -> bool:
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(
            grpc.aio.AioRpcError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError
        ):
            if await condition():
                return True
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return False
