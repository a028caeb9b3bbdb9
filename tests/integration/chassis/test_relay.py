"""The relay: one order without gaps, nothing lost, nothing overtaking."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.events import IncomingEvent
from chassis.incoming import Message, read_message
from chassis.postgres import Database
from chassis.publisher import LoggedEvent, Publisher
from chassis.relay import Relay
from chassis.topics import partition_of
from kernel.ids import random_id
from tests.integration.chassis.conftest import SCHEMA, MakeEvent, make_topic, publish
from tests.integration.chassis.waiting import running, until
from tools.stack.broker import Broker


async def sent_to(bootstrap: str, topic: str, count: int) -> list[IncomingEvent]:
    """Everything in the topic, when at least `count` messages are there."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=20
    )
    await consumer.start()
    found: list[IncomingEvent] = []
    try:
        async with asyncio.timeout(20):
            while len(found) < count:
                for messages in (await consumer.getmany(timeout_ms=50)).values():
                    for one in messages:
                        event = read_message(
                            Message(one.topic, one.partition, one.offset, one.key, one.value, one.headers)
                        )
                        assert isinstance(event, IncomingEvent)
                        found.append(event)
    finally:
        await consumer.stop()
    return found


async def is_published(database: Database, count: int) -> bool:
    async with database.pool.acquire() as connection:
        return bool(await connection.fetchval("select position >= $1 from publication", count))


async def test_positions_have_no_gaps_when_many_write_at_once(
    database: Database, broker: Broker, topic: str, make_event: MakeEvent
) -> None:
    relay = Relay(database, broker.bootstrap, SCHEMA, idempotence=False)
    key = random_id()
    lock = asyncio.Lock()

    async def write(number: int) -> None:
        await publish(database, make_event(), make_event())
        async with lock:  # what an aggregate's row lock does: its events commit one after the other
            await publish(database, make_event(key=key, version=number))

    async with running(relay.run()):
        await asyncio.gather(*(write(number) for number in range(100)))
        await until(lambda: is_published(database, 300))
    async with database.pool.acquire() as connection:
        positions = [row[0] for row in await connection.fetch("select position from event_log order by 1")]
        left = await connection.fetchval("select count(*) from outbox")
    assert positions == list(range(1, 301))
    assert left == 0
    sent = await sent_to(broker.bootstrap, topic, 300)
    assert sorted(event.position for event in sent) == positions
    of_key = [event for event in sent if event.key == str(key).encode()]
    assert {event.partition for event in of_key} == {partition_of(str(key).encode())}
    assert [event.position for event in of_key] == sorted(event.position for event in of_key)


async def test_what_nobody_waits_for_travels_with_the_next_that_somebody_does(
    database: Database, broker: Broker, topic: str, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    send = Publisher.send

    async def counted(publisher: Publisher, rows: Sequence[LoggedEvent]) -> int:
        sent.append(await send(publisher, rows))
        return sent[-1]

    monkeypatch.setattr(Publisher, "send", counted)
    gathered = make_topic(broker.bootstrap)
    monkeypatch.setattr("chassis.postgres.GATHERED", frozenset({gathered}))
    relay = Relay(database, broker.bootstrap, SCHEMA, idempotence=False, poll_seconds=3600)
    async with running(relay.run()):
        await publish(database, make_event())
        await until(lambda: bool(sent))
        for _ in range(40):
            await publish(database, replace(make_event(), topic=gathered))
        await publish(database, replace(make_event(), topic=gathered), make_event())
        await until(lambda: is_published(database, 43))
    assert sent == [1, 42]


async def test_what_nobody_waits_for_is_sent_by_the_next_look(
    database: Database, broker: Broker, topic: str, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.postgres.GATHERED", frozenset({topic}))
    relay = Relay(database, broker.bootstrap, SCHEMA, idempotence=False)
    async with running(relay.run()):
        await publish(database, make_event())
        await until(lambda: is_published(database, 1))


async def test_an_event_arrives_with_its_envelope(
    database: Database, broker: Broker, topic: str, make_event: MakeEvent
) -> None:
    event = make_event(payload=b"\x01\x02")
    relay = Relay(database, broker.bootstrap, SCHEMA, idempotence=False)
    async with running(relay.run()):
        await publish(database, event)
        (arrived,) = await sent_to(broker.bootstrap, topic, 1)
    assert arrived.event_id == event.event_id
    assert arrived.type == "ThingHappened"
    assert arrived.source == SCHEMA
    assert arrived.position == 1
    assert arrived.event_time == event.event_time
    assert arrived.payload == b"\x01\x02"


async def test_after_a_broker_error_the_same_events_are_sent_again_in_order(
    database: Database, broker: Broker, topic: str, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = random_id()
    events = [make_event(key=key, version=number) for number in range(40)]
    real_send = AIOKafkaProducer.send_batch
    producers: list[int] = []
    failures = iter([False, True, True, False])

    async def send_batch(self: AIOKafkaProducer, *arguments: object, **options: object) -> object:
        producers.append(id(self))
        acknowledgement = await real_send(self, *arguments, **options)
        if next(failures, False):
            await acknowledgement
            raise ConnectionError("the batch arrived, the answer did not")
        return acknowledgement

    monkeypatch.setattr(AIOKafkaProducer, "send_batch", send_batch)
    relay = Relay(database, broker.bootstrap, SCHEMA, idempotence=False)
    await publish(database, *events[:20])
    async with running(relay.run()):
        await until(lambda: is_published(database, 20))
        await publish(database, *events[20:])
        await until(lambda: is_published(database, 40))
    sent = await sent_to(broker.bootstrap, topic, 80)
    first_seen = list(dict.fromkeys(event.event_id for event in sent))
    assert first_seen == [event.event_id for event in events]
    assert len(sent) == 80, "the second run was sent three times, each time whole"
    assert len(set(producers)) == 3, "a producer that has failed is never used again"


async def test_a_broker_that_does_not_answer_is_given_up_and_asked_anew(
    database: Database, broker: Broker, topic: str, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.publisher.ACKNOWLEDGEMENT_DEADLINE_SECONDS", 0.5)
    real_send = AIOKafkaProducer.send_batch
    silent = iter([True, True])

    async def send_batch(self: AIOKafkaProducer, *arguments: object, **options: object) -> object:
        if next(silent, False):
            return asyncio.get_running_loop().create_future()
        return await real_send(self, *arguments, **options)

    monkeypatch.setattr(AIOKafkaProducer, "send_batch", send_batch)
    relay = Relay(database, broker.bootstrap, SCHEMA, idempotence=False)
    event = make_event()
    async with running(relay.run()):
        await publish(database, event)
        await until(lambda: is_published(database, 1))
    assert [one.event_id for one in await sent_to(broker.bootstrap, topic, 1)] == [event.event_id]


async def test_one_process_leads_and_the_next_takes_over(
    database: Database, broker: Broker, topic: str, make_event: MakeEvent
) -> None:
    first = Relay(database, broker.bootstrap, SCHEMA, idempotence=False)
    second = Relay(database, broker.bootstrap, SCHEMA, idempotence=False)
    async with running(first.run()) as (task,):
        await until(lambda: first.is_leading)
        async with running(second.run()):
            await publish(database, make_event())
            await until(lambda: is_published(database, 1))
            assert not second.is_leading
            task.cancel()
            await until(lambda: second.is_leading)
            await publish(database, make_event())
            await until(lambda: is_published(database, 2))


async def test_what_does_not_fit_one_batch_follows_in_the_next(
    database: Database, broker: Broker, topic: str, make_event: MakeEvent
) -> None:
    key = random_id()
    events = [make_event(key=key, version=number, payload=bytes(30_000)) for number in range(7)]
    relay = Relay(database, broker.bootstrap, SCHEMA, idempotence=False)
    await publish(database, *events)
    async with running(relay.run()):
        sent = await sent_to(broker.bootstrap, topic, 7)
    assert [event.event_id for event in sent] == [event.event_id for event in events]


async def test_a_stopping_relay_empties_the_outbox_first(
    database: Database, broker: Broker, topic: str, make_event: MakeEvent
) -> None:
    relay = Relay(database, broker.bootstrap, SCHEMA, idempotence=False)
    task = asyncio.create_task(relay.run())
    await until(lambda: relay.is_leading)
    await publish(database, *(make_event() for _ in range(20)))
    relay.stop()
    async with asyncio.timeout(10):
        await task
    assert await is_published(database, 20)


async def test_a_publisher_without_a_broker_says_so_within_its_deadline(make_event: MakeEvent) -> None:
    from chassis.publisher import LoggedEvent, PublishingFailed

    event = make_event()
    row = LoggedEvent(
        position=1,
        event_id=event.event_id,
        topic=event.topic,
        partition=0,
        key=UUID(int=1),
        aggregate_id=event.aggregate_id,
        type=event.type,
        event_time=event.event_time,
        payload=event.payload,
        traceparent=None,
        tracestate=None,
    )
    with pytest.raises(PublishingFailed):
        await Publisher("127.0.0.1:9", SCHEMA, idempotence=False).send([row])
