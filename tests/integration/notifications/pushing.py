"""A push worker over a real database, and partners' real servers at the other end."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.caller import AssertionSigner
from kernel.ids import AgencyId
from services.notifications.adapters.partner_lines import PartnerLines, Resolve, SystemResolver
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_push_endpoints import ListedEndpoint, PostgresPushEndpoints
from services.notifications.domain.push_address import IpNetwork, PushAddress
from services.notifications.domain.push_endpoint import PushEndpoint
from services.notifications.domain.recipient import Inbox, Recipient
from services.notifications.entrypoints.push_worker import PushWorker
from services.notifications.use_cases.push_deliveries import Pushing
from services.notifications.use_cases.resume_push_endpoint import resume_push_endpoint
from services.notifications.use_cases.set_push_endpoint import set_push_endpoint
from tests.integration.chassis.assertions import make_signer
from tests.integration.chassis.waiting import until
from tests.integration.notifications.inboxes import SYSTEM, Notifications
from tests.support.certificates import Certificate
from tests.support.partner_server import Behave, Partner, takes_all
from tests.support.referral_facts import AGENCY, incoming, offered

LOOPBACK = ip_network("127.0.0.0/8")
DEADLINE_SECONDS = 1.0


@dataclass
class Push:
    """What tests of pushing do again and again."""

    notifications: Notifications
    signer: AssertionSigner
    partners: list[Partner] = field(default_factory=list)
    _position: int = 0

    def partner(
        self, behave: Behave = takes_all, certificate: Certificate | None = None, host: str = "127.0.0.1"
    ) -> Partner:
        """A partner's server that is not yet started."""
        one = Partner(self.signer.public_key_bytes, certificate=certificate, host=host, behave=behave)
        self.partners.append(one)
        return one

    async def offers(self, count: int, to: UUID = AGENCY) -> None:
        """Puts deliveries into an agency's inbox."""
        events = [incoming(offered(to), position=self._position + number) for number in range(1, count + 1)]
        self._position += count
        await self.notifications.take(*events)

    async def set(
        self, address: str, *, to: UUID = AGENCY, inbox: Inbox = Inbox.AGENCY, authorities: str | None = None
    ) -> ListedEndpoint:
        """As an operator sets it, without the check of the address."""
        recipient = Recipient(inbox, AgencyId(to))
        async with self.notifications.worker.transaction(SYSTEM) as tx:
            return await set_push_endpoint(
                recipient,
                PushAddress.parse(address),
                authorities,
                tx,
                PostgresPushEndpoints(),
                PostgresDeliveries(),
            )

    async def resume(self, to: UUID = AGENCY) -> None:
        async with self.notifications.worker.transaction(SYSTEM) as tx:
            recipient = Recipient(Inbox.AGENCY, AgencyId(to))
            await resume_push_endpoint(recipient, tx, PostgresPushEndpoints(), PostgresDeliveries())

    async def endpoint(self, to: UUID = AGENCY, inbox: Inbox | None = None) -> PushEndpoint:
        """An agency's only one, or that of one of its inboxes."""
        async with self.notifications.worker.transaction(SYSTEM) as tx:
            page = await PostgresPushEndpoints().page(tx, AgencyId(to), None, 2)
        (found,) = [one.endpoint for one in page if inbox in (None, one.endpoint.recipient.inbox)]
        return found

    async def due_now(self) -> None:
        """Nobody waits for a backoff any more, as if the time had passed."""
        self.notifications.files.execute(
            "update notifications.push_endpoint set next_try_time = clock_timestamp()"
        )

    @asynccontextmanager
    async def working(
        self,
        *,
        networks: Sequence[IpNetwork] = (LOOPBACK,),
        resolve: Resolve | None = None,
        patience: timedelta = timedelta(hours=1),
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> AsyncIterator[Pushing]:
        """A push worker runs."""
        lines = PartnerLines(
            self.signer.token_for,
            networks,
            deadline_seconds=deadline_seconds,
            resolve=resolve or SystemResolver(),
        )
        pushing = Pushing(self.notifications.worker, lines, patience, deadline_seconds)
        running = asyncio.create_task(PushWorker(pushing).run())
        try:
            yield pushing
            assert not running.done(), running.exception()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def failed(self, tries: int = 1, to: UUID = AGENCY) -> PushEndpoint:
        """The endpoint when so many tries have failed."""

        async def seen() -> PushEndpoint | None:
            one = await self.endpoint(to)
            return one if one.tries >= tries else None

        found: PushEndpoint = await until(seen)
        return found

    async def pushed(self, sequence: int, to: UUID = AGENCY) -> PushEndpoint:
        """The endpoint when it has come so far."""

        async def seen() -> PushEndpoint | None:
            one = await self.endpoint(to)
            return one if one.pushed_sequence >= sequence else None

        found: PushEndpoint = await until(seen)
        return found

    async def facts(self) -> list[Any]:
        """What was told, in order: (name of the fact, the fact)."""
        events = await self.notifications.told()
        return [(name := event.WhichOneof("fact"), getattr(event, str(name))) for event in events]


def push_over(notifications: Notifications, folder: Path) -> Push:
    """With a signer of the service's own."""
    return Push(notifications, make_signer(folder, "service:notifications"))
