"""What a consumer has seen, and how far it has come: written in the transaction that acts on it."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from uuid import UUID

import asyncpg

from chassis.events import IncomingEvent
from chassis.topics import PARTITIONS, SOURCES

_ACCEPT = """
    insert into inbox (consumer, event_id) select $1, event_id from unnest($2::uuid[]) as seen (event_id)
    on conflict do nothing returning event_id
"""

_ADVANCE = """
    insert into consumer_progress (consumer, source, topic, partition, position)
    select $1, source, topic, partition, position
    from unnest($2::text[], $3::text[], $4::integer[], $5::bigint[])
         as reached (source, topic, partition, position)
    on conflict (consumer, source, topic, partition)
    do update set position = greatest(consumer_progress.position, excluded.position)
"""


async def accept_new(
    connection: asyncpg.Connection, consumer: str, events: Sequence[IncomingEvent]
) -> list[IncomingEvent]:
    """The events that this consumer sees for the first time, in their order and each once."""
    new = set(await accept_new_ids(connection, consumer, [event.event_id for event in events]))
    accepted = []
    for event in events:
        if event.event_id in new:
            new.discard(event.event_id)
            accepted.append(event)
    return accepted


async def accept_new_ids(
    connection: asyncpg.Connection, consumer: str, event_ids: Sequence[UUID]
) -> list[UUID]:
    """Marks the ids as seen; answers those that were not. Sorted, so that two workers cannot deadlock."""
    rows = await connection.fetch(_ACCEPT, consumer, sorted(set(event_ids), key=attrgetter("int")))
    return [row["event_id"] for row in rows]


async def advance_progress(
    connection: asyncpg.Connection, consumer: str, events: Iterable[IncomingEvent]
) -> None:
    """Remembers the highest position of each source and partition; never goes back during a replay."""
    reached: dict[tuple[str, str, int], int] = {}
    for event in events:
        place = (event.source, event.topic, event.partition)
        reached[place] = max(event.position, reached.get(place, 0))
    await _write_progress(connection, consumer, reached)


async def announce(connection: asyncpg.Connection, consumer: str, topics: Iterable[str]) -> None:
    """Makes the consumer's rows at position 0, so that a replay knows what it has not seen at all."""
    await _write_progress(
        connection,
        consumer,
        {
            (source, topic, partition): 0
            for topic in topics
            for source in SOURCES.get(topic, ())
            for partition in range(PARTITIONS)
        },
    )


async def _write_progress(
    connection: asyncpg.Connection, consumer: str, reached: dict[tuple[str, str, int], int]
) -> None:
    places = sorted(reached)
    await connection.execute(
        _ADVANCE,
        consumer,
        [source for source, _, _ in places],
        [topic for _, topic, _ in places],
        [partition for _, _, partition in places],
        [reached[place] for place in places],
    )
