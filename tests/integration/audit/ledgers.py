"""A ledger in a database, and events as the topics bring them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from chassis.caller import Caller
from chassis.events import IncomingEvent
from chassis.plain_events import ENVELOPES
from chassis.postgres import Database
from chassis.topics import TOPICS
from services.audit.adapters.event_codec import encode_event
from services.audit.adapters.postgres_ledger import PostgresLedger
from services.audit.entrypoints.translate_events import told
from services.audit.use_cases.append_entries import append_entries
from tests.support.golden import kept_files
from tests.support.postgres import FreshDatabase

BEGUN = datetime(2026, 11, 1, 9, tzinfo=UTC)
SERVICE = Caller.of_service("audit")


@cache
def shapes() -> tuple[tuple[str, str, bytes], ...]:
    """Every fact of every topic as it was ever written: topic, type, bytes."""
    return tuple(
        (topic, file.name.split(".")[0], file.read_bytes()) for topic in TOPICS for file in kept_files(topic)
    )


def events(number: int, source: str = "intake", first: int = 1) -> list[IncomingEvent]:
    """So many events of a source, of all kinds, from a position on."""
    return [
        IncomingEvent(
            event_id=uuid4(),
            topic=topic,
            partition=0,
            offset=position,
            position=position,
            key=b"",
            type=kind,
            event_time=BEGUN + timedelta(seconds=position),
            traceparent=None,
            payload=payload,
            source=source,
        )
        for position in range(first, first + number)
        for topic, kind, payload in [shapes()[position % len(shapes())]]
    ]


@dataclass
class LedgerHere:
    """Appends and reads."""

    database: FreshDatabase
    app: Database
    worker: Database

    async def append(self, coming: Sequence[IncomingEvent], ledger: PostgresLedger | None = None) -> int:
        salts = count()
        async with self.worker.transaction(SERVICE) as tx:
            return await append_entries(
                coming, told, tx, ledger or PostgresLedger(), lambda size: next(salts).to_bytes(size, "big")
            )


def told_by_intake(*envelopes: Any) -> list[IncomingEvent]:
    """These events as intake's first ones."""
    found = []
    for position, envelope in enumerate(envelopes, start=1):
        envelope.event_id = str(uuid4())
        [topic] = [topic for topic, kind in ENVELOPES.items() if isinstance(envelope, kind)]
        fact = getattr(envelope, envelope.WhichOneof("fact"))
        found.append(
            replace(
                events(1, first=position)[0],
                event_id=UUID(envelope.event_id),
                topic=topic,
                type=fact.DESCRIPTOR.name,
                payload=envelope.SerializeToString(),
            )
        )
    return found


def incoming_from_audit(fact: object) -> IncomingEvent:
    """What the ledger says of itself, as it comes from its topic."""
    event = encode_event(fact, SERVICE, BEGUN)
    return IncomingEvent(
        event_id=event.event_id,
        topic=event.topic,
        partition=0,
        offset=1,
        position=1,
        key=str(event.key).encode(),
        type=event.type,
        event_time=event.event_time,
        traceparent=None,
        payload=event.payload,
        source="audit",
    )
