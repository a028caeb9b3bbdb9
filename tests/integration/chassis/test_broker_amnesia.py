"""A broker that comes back empty is given nothing until somebody has made its topics.

The embedded one forgets everything when it stops, makes topics for whoever asks about them (with too few
partitions), and acknowledges events for topics that it has forgotten.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer
from kafka import KafkaAdminClient

from chassis.known_topics import create_no_topics
from chassis.publisher import LoggedEvent, Publisher, PublishingFailed
from chassis.topics import REFERRAL, TOPICS
from kernel.ids import random_id
from tests.integration.chassis.conftest import SCHEMA
from tools.stack.broker import Broker
from tools.stack.topics import create_topics


def event(position: int) -> LoggedEvent:
    key = random_id()
    return LoggedEvent(
        position=position,
        event_id=random_id(),
        topic=REFERRAL,
        partition=7,
        key=key,
        aggregate_id=key,
        type="ThingHappened",
        event_time=datetime.now(UTC),
        payload=b"fact",
        traceparent=None,
        tracestate=None,
    )


def topics_of(broker: Broker) -> set[str]:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        return set(admin.list_topics())
    finally:
        admin.close()


async def test_nothing_is_published_into_the_void(fresh_broker: Callable[[], Broker]) -> None:
    broker = fresh_broker()
    publisher = Publisher(broker.bootstrap, SCHEMA, idempotence=False)
    try:
        assert await publisher.send([event(1)]) == 1
        await asyncio.to_thread(broker.stop)
        await asyncio.to_thread(broker.start)
        with pytest.raises(PublishingFailed):
            await publisher.send([event(2)])
        assert topics_of(broker) == set()
        await asyncio.to_thread(create_topics, broker.bootstrap)
        assert await publisher.send([event(2)]) == 1
    finally:
        await publisher.discard()


async def test_a_reader_that_waits_for_its_topic_does_not_make_it(
    fresh_broker: Callable[[], Broker],
) -> None:
    broker = fresh_broker()
    create_no_topics()
    broker.stop()
    broker.start()
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, metadata_max_age_ms=100)
    await consumer.start()
    consumer.subscribe([REFERRAL])
    try:
        assert await consumer.getmany(timeout_ms=500) == {}
        assert await consumer.topics() == set()
        await asyncio.to_thread(create_topics, broker.bootstrap)
        assert await consumer.topics() == set(TOPICS)
    finally:
        await consumer.stop()
