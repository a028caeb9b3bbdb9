"""A process that sends what clients told: the chassis' relay, or one of the ways that lose.

`relay` and `outbox` are the recipe: the second also tells facts of its own, as a service does.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import asyncpg
from aiokafka import AIOKafkaProducer

from chassis import fault_points
from chassis.caller import Caller
from chassis.event_log import advance_publication
from chassis.logs import set_up_logs
from chassis.postgres import Database
from chassis.publisher import LoggedEvent, Publisher
from chassis.relay import Relay
from chassis.topics import key_bytes, partition_of
from kernel.ids import random_id
from tests.fault.breakage import break_as_ordered
from tests.fault.facts import Fact, numbered
from tests.fault.order import SCHEMA, SOURCE, Order, say

_CALLER: Final = Caller.of_service(SCHEMA)

_COLUMNS: Final = sorted(set(LoggedEvent.__slots__) - {"position", "partition"})


async def relay(order: Order, database: Database) -> None:
    """The recipe: dense positions, and the mark after the acknowledgement."""
    await Relay(database, order.bootstrap, SOURCE, idempotence=order.idempotence).run()


class _MarkingRelay(Relay):
    """Naive: notes what is published before the broker has it."""

    async def _publish(self, connection: asyncpg.Connection) -> int:
        await advance_publication(connection, self._unacknowledged[-1].position)
        return await super()._publish(connection)


async def mark_first(order: Order, database: Database) -> None:
    """Naive: marks, then sends."""
    await _MarkingRelay(database, order.bootstrap, SOURCE, idempotence=order.idempotence).run()


class _HastyPublisher(Publisher):
    """Naive: content when one broker has the events."""

    async def _connect(self) -> AIOKafkaProducer:
        self._producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks=1, metadata_max_age_ms=5000)
        await self._producer.start()
        return self._producer


async def one_acknowledgement(order: Order, database: Database) -> None:
    """Naive: the recipe, but an acknowledgement of the leader alone counts."""
    hasty = Relay(database, order.bootstrap, SOURCE, idempotence=order.idempotence)
    hasty._publisher = _HastyPublisher(order.bootstrap, SOURCE, idempotence=order.idempotence)
    await hasty.run()


async def behind_last_id(order: Order, database: Database) -> None:
    """Naive: remembers the last id that it saw and asks for what is behind it."""
    publisher = Publisher(order.bootstrap, SOURCE, idempotence=order.idempotence)
    last = 0
    while True:
        async with database.pool.acquire() as connection:
            rows = await connection.fetch("select * from outbox where id > $1 order by id limit 500", last)
        events = [
            LoggedEvent(
                position=row["id"],
                partition=partition_of(key_bytes(row["key"])),
                **{
                    name: row[name] for name in LoggedEvent.__slots__ if name not in ("position", "partition")
                },
            )
            for row in rows
        ]
        while events:
            count = await publisher.send(events)
            last = events[count - 1].position
            del events[:count]
        await asyncio.sleep(0.02)


async def outbox(order: Order, database: Database) -> None:
    """The recipe: each fact is committed with its event; the relay of the same process sends it."""
    relaying = asyncio.create_task(relay(order, database))
    for fact in _own_facts(order):
        async with database.transaction(_CALLER) as tx:
            tx.publish(fact.outgoing(order.topic))
        _acknowledge(fact)
    await relaying


async def after_commit(order: Order, database: Database) -> None:
    """Naive: commits the fact, tells the client so, and then sends the event."""
    publisher = Publisher(order.bootstrap, SOURCE, idempotence=order.idempotence)
    for fact in _own_facts(order):
        async with database.transaction(_CALLER):
            pass  # what the fact is about; the test needs none of it
        _acknowledge(fact)
        await fault_points.reach(fault_points.RELAY_BEFORE_SEND)
        await publisher.send([_as_logged(fact, order.topic)])
    await relay(order, database)


def _own_facts(order: Order) -> list[Fact]:
    return numbered([random_id()], order.tells)


def _acknowledge(fact: Fact) -> None:
    say("kept " + json.dumps({"event_id": str(fact.event_id), "key": str(fact.key), "number": fact.number}))


def _as_logged(fact: Fact, topic: str) -> LoggedEvent:
    event = fact.outgoing(topic)
    return LoggedEvent(
        position=fact.number,
        event_id=event.event_id,
        topic=topic,
        partition=partition_of(key_bytes(event.key)),
        key=event.key,
        aggregate_id=event.aggregate_id,
        type=event.type,
        event_time=datetime.now(UTC),
        payload=event.payload,
        traceparent=None,
        tracestate=None,
    )


WAYS: Final[dict[str, Callable[[Order, Database], Awaitable[None]]]] = {
    "relay": relay,
    "outbox": outbox,
    "mark_first": mark_first,
    "one_acknowledgement": one_acknowledgement,
    "behind_last_id": behind_last_id,
    "after_commit": after_commit,
}


async def send(order: Order) -> None:
    """Sends until it is killed."""
    await WAYS[order.way](order, await order.open_database())


if __name__ == "__main__":
    break_as_ordered()
    set_up_logs(SCHEMA)
    asyncio.run(send(Order.given()))
