"""What the healthy hub is made of: the names and instants in it, and who plants rows and events by hand.

Four needs of one person: R1 was declined by one agency and taken up by another, which was given something;
R2 is offered to the same agency; R3 asks for a restricted service and waits for the person; R4 waits for a
place.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from google.protobuf.message import Message

from chassis.batch import BatchRunner
from chassis.events import OutgoingEvent
from chassis.incoming import Message as KafkaMessage
from chassis.postgres import Database
from chassis.topics import key_bytes, partition_of
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.ids import derived_id, ordered_id
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.entrypoints.stream import CONSUMER, ReferralFacts
from tests.support.postgres import FreshDatabase
from tests.support.referral_facts import outgoing

SENDER, ASKED_FIRST, HOLDER = (derived_id("check", name) for name in ("sender", "asked first", "holder"))
PERSON, CONSENT, CONSENT_EVENT, CELL = (
    derived_id("check", name) for name in ("person", "consent", "consent event", "cell")
)
NEEDS = [derived_id("check", f"need {number}") for number in (1, 2, 3, 4)]
R1, R2, R3, R4 = (derived_id("check", f"referral {number}") for number in (1, 2, 3, 4))
DECLINED, ACCEPTED, OPEN = (derived_id("check", f"offer {number}") for number in (1, 2, 3))
UNIT, OTHER_UNIT, DISCLOSURE, HANDOVER = (
    derived_id("check", name) for name in ("unit", "other unit", "disclosure", "hand-over")
)
NOTIFICATION, COMPELLED, COMPELLED_DISCLOSURE = (
    derived_id("check", name) for name in ("notification", "compelled", "compelled disclosure")
)
EMERGENCY, BY_EMERGENCY = derived_id("check", "emergency"), derived_id("check", "by emergency")
PURPOSE = "SERVICE_EDUCATION"
NOTICE = "a notice"
NOTICE_SHA256 = hashlib.sha256(NOTICE.encode()).digest()
NOW = datetime.now(UTC)
EARLIER, LATER = NOW - timedelta(hours=2), NOW + timedelta(hours=2)
JUST_AFTER = NOW + timedelta(milliseconds=1)


@dataclass
class HealthyHub:
    """Writes as superuser, past every wall."""

    files: FreshDatabase
    connection: asyncpg.Connection
    positions: dict[str, int] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)
    disclosures: list[KafkaMessage] = field(default_factory=list)
    """Facts of kem.disclosure.v1 that notifications have not taken."""

    async def plant(self, table: str, **values: Any) -> None:
        """Inserts a row; what must not be null and is not told gets something of its type."""
        schema, name = table.split(".")
        columns = await self.connection.fetch(
            """
            select column_name, data_type from information_schema.columns
            where table_schema = $1 and table_name = $2 and is_nullable = 'NO' and column_default is null
              and is_identity = 'NO' and is_generated = 'NEVER'
            """,
            schema,
            name,
        )
        row = {column: _ANYTHING[kind] for column, kind in columns} | values
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await self.connection.execute(
            f"insert into {table} ({', '.join(row)}) values ({places})", *row.values()
        )

    async def log(self, schema: str, event: OutgoingEvent) -> KafkaMessage:
        """Puts an event into the schema's log at its next position."""
        position = self.positions[schema] = self.positions.get(schema, 0) + 1
        await self.plant(
            f"{schema}.event_log",
            position=position,
            partition=partition_of(key_bytes(event.key)),
            **{name: getattr(event, name) for name in event.__slots__},
        )
        await self.connection.execute(
            f"update {schema}.publication set logged_position = $1, position = $1", position
        )
        headers = {
            "ce_id": str(event.event_id),
            "ce_source": schema,
            "ce_type": f"{event.topic}.{event.type}",
            "ce_time": event.event_time.isoformat(),
            "kem-position": str(position),
        }
        return KafkaMessage(
            event.topic,
            partition_of(key_bytes(event.key)),
            position,
            key_bytes(event.key),
            event.payload,
            [(header, value.encode()) for header, value in headers.items()],
        )

    async def tell(self, *events: OutgoingEvent) -> None:
        """Logs facts about referrals, and lets notifications take them, and what intake has told them."""
        worker = await Database.open(self.files.worker_url("notifications"), schema="notifications")
        try:
            runner = BatchRunner("notifications", CONSUMER, worker, ReferralFacts(PostgresDeliveries()))
            await runner.take([await self.log("referral", event) for event in events])
            await runner.take(self.disclosures)
            self.disclosures.clear()
        finally:
            await worker.close()

    async def intake_event(
        self,
        kind: str,
        aggregate_id: UUID,
        key: UUID = PERSON,
        version: int = 1,
        fact: Message | None = None,
    ) -> OutgoingEvent:
        """An event of intake; without `fact` only its outside matters."""
        fields = {
            one.message_type.name: one.name
            for one in DisclosureEvent.DESCRIPTOR.oneofs_by_name["fact"].fields
            if one.message_type
        }
        is_disclosure, envelope = kind in fields, DisclosureEvent()
        if is_disclosure:
            message = getattr(envelope, fields[kind])
            message.SetInParent() if fact is None else message.CopyFrom(fact)
        topic = "kem.disclosure.v1" if is_disclosure else "kem.intake.v1"
        payload = envelope.SerializeToString()
        event = OutgoingEvent(ordered_id(), topic, key, aggregate_id, version, kind, EARLIER, payload)
        logged = await self.log("intake", event)
        if is_disclosure:
            self.disclosures.append(logged)
        return event

    def fact(self, referral_id: UUID, aggregate_id: UUID, fact: Message) -> OutgoingEvent:
        """A fact about a referral with the next version of its aggregate."""
        version = self.versions[aggregate_id] = self.versions.get(aggregate_id, 0) + 1
        event = outgoing(fact, sender=SENDER, referral_id=referral_id, event_time=EARLIER)
        return OutgoingEvent(
            event.event_id,
            event.topic,
            referral_id,
            aggregate_id,
            version,
            event.type,
            event.event_time,
            event.payload,
        )


_ANYTHING: dict[str, Any] = {
    "uuid": UUID(int=7),
    "text": "x",
    "bytea": b"x",
    "boolean": False,
    "integer": 1,
    "bigint": 1,
    "smallint": 1,
    "double precision": 1.0,
    "timestamp with time zone": EARLIER,
    "jsonb": "{}",
    "ARRAY": [],
    "date": NOW.date(),
}
