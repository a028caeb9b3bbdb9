"""What tests of inboxes do again and again."""

from dataclasses import dataclass
from uuid import UUID

from chassis.batch import BatchRunner
from chassis.caller import Caller
from chassis.events import IncomingEvent
from chassis.incoming import Message
from chassis.postgres import Database
from kem.notifications.v1.notifications_events_pb2 import NotificationsEvent
from kernel.ids import random_id
from kernel.vocabulary import Role
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.domain.delivery import Delivery
from services.notifications.domain.recipient import Inbox
from services.notifications.entrypoints.fan_out import FanOut
from services.notifications.entrypoints.stream import CONSUMER, ReferralFacts
from services.notifications.use_cases.acknowledgement_line import AcknowledgementLine
from services.notifications.use_cases.list_deliveries import DeliveryPage, list_deliveries
from tests.support.postgres import FreshDatabase

SYSTEM = Caller.of_service("notifications")


def member(agency_id: UUID) -> Caller:
    return Caller(random_id(), agency_id, frozenset({Role.AGENCY_MEMBER}), "", "pwd", "test")


def officer(*roles: Role, agency_id: UUID | None = None) -> Caller:
    """Of the hub itself, unless an agency is named."""
    return Caller(random_id(), agency_id, frozenset(roles), "", "mfa", "test")


def message(event: IncomingEvent) -> Message:
    """The event as it lies in Kafka."""
    headers = {
        "ce_id": str(event.event_id),
        "ce_source": event.source,
        "ce_type": f"{event.topic}.{event.type}",
        "ce_time": event.event_time.isoformat(),
        "kem-position": str(event.position),
    }
    return Message(
        event.topic,
        event.partition,
        event.offset,
        event.key,
        event.payload,
        [(name, value.encode()) for name, value in headers.items()],
    )


@dataclass
class Notifications:
    files: FreshDatabase
    app: Database
    worker: Database
    line: AcknowledgementLine

    def runner(self, fan_out: FanOut | None = None) -> BatchRunner:
        reader = ReferralFacts(PostgresDeliveries(), fan_out)
        return BatchRunner("notifications", CONSUMER, self.worker, reader)

    async def take(self, *events: IncomingEvent) -> None:
        await self.runner().take([message(event) for event in events])

    async def listed(self, inbox: Inbox, agency_id: UUID, after: int = 0) -> DeliveryPage:
        async with self.app.transaction(caller := member(agency_id)) as tx:
            return await list_deliveries(inbox, after, 1000, caller, tx, PostgresDeliveries())

    async def acknowledge(self, inbox: Inbox, agency_id: UUID, up_to: int) -> int:
        return await self.line.acknowledge(inbox, up_to, member(agency_id))

    async def told(self) -> list[NotificationsEvent]:
        rows = await self.worker.pool.fetch("select payload from outbox order by id")
        return [NotificationsEvent.FromString(row["payload"]) for row in rows]


def sequences(page: list[Delivery]) -> list[int]:
    return [delivery.sequence for delivery in page]
