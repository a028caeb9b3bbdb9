"""A broker that has forgotten everything is filled again from the event log."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer

from chassis.topics import DIRECTORY, REFERRAL
from tests.support.postgres import FreshDatabase, MakeDatabase
from tools.stack.broker import Broker
from tools.stack.replay import plan, replay
from tools.stack.wanted import Wanted

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""When the first event happens; each of the next ones a second later."""

_LOG = """
    insert into referral.event_log
        (position, event_id, topic, partition, key, aggregate_id, aggregate_version, type, event_time,
         payload)
    values ($1, $2, $3, $4, $5, $5, 1, 'ReferralAccepted', $7, $6)
"""
_PROGRESS = "insert into {}.consumer_progress values ($1, 'referral', $2, $3, $4)"


async def _log(database: FreshDatabase, count: int, published: int) -> None:
    """Logs events: odd positions of partition 1, even ones of partition 2."""
    connection = await asyncpg.connect(database.superuser_url)
    try:
        rows = [
            (
                n,
                uuid4(),
                REFERRAL,
                1 if n % 2 else 2,
                uuid4(),
                str(n).encode(),
                NOON + timedelta(seconds=n - 1),
            )
            for n in range(1, count + 1)
        ]
        await connection.executemany(_LOG, rows)
        await connection.execute(
            "update referral.publication set logged_position = $1, position = $2", count, published
        )
    finally:
        await connection.close()


async def _reach(database: FreshDatabase, schema: str, *places: tuple[str, str, int, int]) -> None:
    connection = await asyncpg.connect(database.superuser_url)
    try:
        await connection.executemany(_PROGRESS.format(schema), places)
    finally:
        await connection.close()


async def _read(broker: Broker, topic: str, count: int) -> dict[int, list[int]]:
    """The positions in each partition of the topic, in their order."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: dict[int, list[int]] = defaultdict(list)
    try:
        while sum(map(len, found.values())) < count:
            async for record in _some(consumer):
                headers = dict(record.headers)
                assert UUID(headers["ce_id"].decode())
                assert headers["ce_source"] == b"referral"
                found[record.partition].append(int(headers["kem-position"]))
    finally:
        await consumer.stop()
    return dict(found)


async def _some(consumer: AIOKafkaConsumer):  # type: ignore[no-untyped-def]  # aiokafka ships no types
    for records in (await consumer.getmany(timeout_ms=200)).values():
        for record in records:
            yield record


async def test_each_partition_is_sent_again_in_order_from_what_the_slowest_consumer_lacks(
    fresh_database: MakeDatabase, fresh_broker: Callable[[], Broker]
) -> None:
    database, broker = fresh_database(schemas=("referral", "notifications")), fresh_broker()
    await _log(database, count=2000, published=1990)
    await _reach(database, "referral", ("mine", REFERRAL, 1, 1500), ("mine", REFERRAL, 2, 1980))
    await _reach(database, "notifications", ("theirs", REFERRAL, 1, 1001), ("theirs", REFERRAL, 2, 0))
    urls = {schema: database.worker_url(schema) for schema in ("referral", "notifications")}
    replayed = await replay(urls, broker.bootstrap)
    expected = {1: list(range(1003, 1991, 2)), 2: list(range(2, 1991, 2))}
    assert replayed.events == {"referral": sum(map(len, expected.values())), "notifications": 0}
    assert await _read(broker, REFERRAL, replayed.total) == expected


async def test_what_nobody_has_published_yet_is_left_to_the_relay(
    fresh_database: MakeDatabase, fresh_broker: Callable[[], Broker]
) -> None:
    database, broker = fresh_database(schemas=("referral",)), fresh_broker()
    await _log(database, count=10, published=0)
    await _reach(database, "referral", ("mine", REFERRAL, 1, 0), ("mine", REFERRAL, 2, 0))
    assert (await replay({"referral": database.worker_url()}, broker.bootstrap)).total == 0


async def test_a_topic_that_nobody_follows_is_not_sent_again(
    fresh_database: MakeDatabase, fresh_broker: Callable[[], Broker]
) -> None:
    database, broker = fresh_database(schemas=("referral",)), fresh_broker()
    await _log(database, count=10, published=10)
    await _reach(database, "referral", ("mine", DIRECTORY, 1, 0))
    assert (await replay({"referral": database.worker_url()}, broker.bootstrap)).total == 0


async def test_what_everybody_has_seen_is_sent_again_from_a_position_or_a_time(
    fresh_database: MakeDatabase, fresh_broker: Callable[[], Broker]
) -> None:
    database, broker = fresh_database(schemas=("referral",)), fresh_broker()
    await _log(database, count=20, published=18)
    await _reach(database, "referral", ("mine", REFERRAL, 1, 19), ("mine", REFERRAL, 2, 14))
    urls = {"referral": database.worker_url()}
    told: list[tuple[int, int]] = []
    await replay(
        urls, broker.bootstrap, Wanted(from_position=15), tell=lambda sent, of: told.append((sent, of))
    )
    assert await _read(broker, REFERRAL, 4) == {1: [15, 17], 2: [16, 18]}
    assert told == [(2, 4), (4, 4)]
    since = Wanted(since_time=NOON + timedelta(seconds=14))
    assert await plan(urls, since) == await plan(urls, Wanted(from_position=15))


@pytest.mark.parametrize("wanted", [Wanted(from_position=19), Wanted(since_time=NOON + timedelta(hours=1))])
async def test_what_a_consumer_lacks_is_sent_even_where_less_is_asked_for(
    fresh_database: MakeDatabase, wanted: Wanted
) -> None:
    database = fresh_database(schemas=("referral",))
    await _log(database, count=20, published=20)
    await _reach(database, "referral", ("mine", REFERRAL, 1, 3), ("mine", REFERRAL, 2, 20))
    stretches = await plan({"referral": database.worker_url()}, wanted)
    lacking = next(one for one in stretches if one.partition == 1)
    assert (lacking.after, lacking.last, lacking.events) == (3, 19, 8)


async def test_a_replay_of_one_topic_sends_nothing_of_another_one(fresh_database: MakeDatabase) -> None:
    database = fresh_database(schemas=("referral",))
    await _log(database, count=10, published=10)
    await _reach(database, "referral", ("mine", REFERRAL, 1, 0))
    urls = {"referral": database.worker_url()}
    assert await plan(urls, Wanted(from_position=1, topics=frozenset({DIRECTORY}))) == []
    both = await plan(urls, Wanted(from_position=1, topics=frozenset({REFERRAL})))
    assert sum(one.events for one in both) == 10
