"""A migrated database of one service, topics of one test on the session's broker, and a gate of its own."""

import itertools
import os
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from chassis.caller import Caller
from chassis.events import OutgoingEvent
from chassis.postgres import Database
from chassis.topics import PARTITIONS, declared_shape
from kernel.ids import ordered_id, random_id
from tests.integration.chassis.gate import Gate
from tests.support.postgres import FreshDatabase, MakeDatabase
from tools.stack.broker import Broker

SCHEMA = "referral"
WORKER = Caller.of_service(SCHEMA)
_NUMBERS = itertools.count(1)

MakeEvent = Callable[..., OutgoingEvent]
"""What the fixture `make_event` is."""


@pytest.fixture
def stored(fresh_database: MakeDatabase) -> FreshDatabase:
    """An empty database of one service."""
    return fresh_database(schemas=(SCHEMA,))


@pytest_asyncio.fixture
async def database(stored: FreshDatabase) -> AsyncIterator[Database]:
    """The service's way in, as its batches, timers and relay use it."""
    opened = await Database.open(stored.worker_url(), schema=SCHEMA, max_size=12)
    yield opened
    await opened.close()


@pytest.fixture
def topic(broker: Broker) -> str:
    """A topic that only this test uses."""
    return make_topic(broker.bootstrap)


def make_topic(
    bootstrap: str,
    name: str | None = None,
    partitions: int = PARTITIONS,
    replicas: Sequence[int] = (1,),
) -> str:
    """Makes a topic, with a fresh name without one, as every topic is declared.

    Where it is kept by several brokers, `replicas` names them: the first one leads every partition.
    """
    from kafka import KafkaAdminClient
    from kafka.admin import NewTopic

    name = name or f"kem.test{os.getpid()}x{next(_NUMBERS)}.v1"
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        configs = dict(declared_shape(len(replicas)).configs)
        if len(replicas) == 1:
            topic = NewTopic(name, num_partitions=partitions, replication_factor=1, topic_configs=configs)
        else:
            assigned = {number: list(replicas) for number in range(partitions)}
            topic = NewTopic(name, replica_assignments=assigned, topic_configs=configs)
        admin.create_topics([topic])
    finally:
        admin.close()
    return name


@pytest.fixture
def make_event(topic: str) -> MakeEvent:
    """Invents facts for the test's topic."""

    def make(key: UUID | None = None, version: int = 1, payload: bytes = b"fact") -> OutgoingEvent:
        key = key or random_id()
        return OutgoingEvent(
            event_id=ordered_id(),
            topic=topic,
            key=key,
            aggregate_id=key,
            aggregate_version=version,
            type="ThingHappened",
            event_time=datetime.now(UTC),
            payload=payload,
        )

    return make


async def publish(database: Database, *events: OutgoingEvent) -> None:
    """Commits the events as a use case would."""
    async with database.transaction(WORKER) as tx:
        for event in events:
            tx.publish(event)


@pytest_asyncio.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gate]:
    one = Gate(tmp_path)
    await one.server.start()
    await one.server.set_serving(True)
    yield one
    await one.close()
