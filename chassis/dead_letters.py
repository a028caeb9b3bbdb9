"""Events that a consumer could not take: kept with their bytes, their place and the reason, never lost."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from chassis.batch_reader import NEWER_THAN_READER
from chassis.events import MAX_PAYLOAD_BYTES, IncomingEvent
from chassis.inbox import accept_new_ids

_INSERT = """
    insert into dead_letter (consumer, source, topic, partition, "offset", position, event_id, key, type,
                             event_time, traceparent, payload, payload_bytes, reason, tries)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    on conflict (consumer, event_id) do nothing
"""

_TO_REDRIVE = """
    select id, source, topic, partition, "offset", position, event_id, key, type, event_time, traceparent,
           payload
    from dead_letter
    where consumer = $1 and redriven_time is null and discarded_time is null
      and payload_bytes = octet_length(payload)
      and (reason = $2 or redrive_asked_time is not null)
    order by id
"""

_LOCK = """
    select true from dead_letter
    where id = $1 and redriven_time is null and discarded_time is null for update skip locked
"""

_DONE = "update dead_letter set redriven_time = clock_timestamp() where id = $1"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event to be set aside, after how many tries, and the code of the reason."""

    event: IncomingEvent
    reason: str
    tries: int


@dataclass(frozen=True, slots=True)
class Parked:
    """A dead letter that is to be tried again."""

    letter_id: int
    event: IncomingEvent


async def set_aside(connection: asyncpg.Connection, consumer: str, letters: Sequence[DeadLetter]) -> None:
    """Keeps the events and marks them as seen, so that the partition goes on behind them. Repeat-safe."""
    await accept_new_ids(connection, consumer, [letter.event.event_id for letter in letters])
    await connection.executemany(
        _INSERT,
        [
            (
                consumer,
                letter.event.source,
                letter.event.topic,
                letter.event.partition,
                letter.event.offset,
                letter.event.position,
                letter.event.event_id,
                letter.event.key,
                letter.event.type,
                letter.event.event_time,
                letter.event.traceparent,
                letter.event.payload[:MAX_PAYLOAD_BYTES],
                len(letter.event.payload),
                letter.reason,
                letter.tries,
            )
            for letter in letters
        ],
    )


async def letters_to_redrive(connection: asyncpg.Connection, consumer: str) -> list[Parked]:
    """What was parked as newer than the reader, and what an operator asked to try again; oldest first."""
    rows = await connection.fetch(_TO_REDRIVE, consumer, NEWER_THAN_READER)
    return [
        Parked(
            letter_id=row["id"],
            event=IncomingEvent(
                event_id=row["event_id"],
                topic=row["topic"],
                partition=row["partition"],
                offset=row["offset"],
                position=row["position"],
                key=bytes(row["key"]),
                type=row["type"],
                event_time=row["event_time"],
                traceparent=row["traceparent"],
                payload=bytes(row["payload"]),
                source=row["source"],
            ),
        )
        for row in rows
    ]


async def lock_letter(connection: asyncpg.Connection, letter_id: int) -> bool:
    """Whether the letter is still open and nobody else is redriving it now."""
    return bool(await connection.fetchval(_LOCK, letter_id))


async def mark_redriven(connection: asyncpg.Connection, letter_id: int) -> None:
    """Closes the letter, in the transaction that took its event."""
    await connection.execute(_DONE, letter_id)
