"""Events that a consumer could not take: kept with their bytes, their place and the reason, never lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from chassis.batch_reader import MALFORMED, NEWER_THAN_READER
from chassis.events import MAX_PAYLOAD_BYTES, IncomingEvent
from chassis.inbox import accept_new_ids
from kernel.errors import Invalid

SHORTEST_REASON: Final = 3
LONGEST_REASON: Final = 200

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
      and (redrive_asked_time is not null or reason = $2)
    order by id
"""

_LOCK = """
    select true from dead_letter
    where id = $1 and redriven_time is null and discarded_time is null for update skip locked
"""

_DONE = "update dead_letter set redriven_time = clock_timestamp() where id = $1"

_FAILED = """
    update dead_letter set redrive_failed_time = clock_timestamp(), redrive_asked_time = null
    where id = $1 and redriven_time is null
"""

_TO_SETTLE = """
    select event_id, reason, redriven_time, discarded_time, discard_reason,
           payload_bytes = octet_length(payload) as is_whole
    from dead_letter where id = $1 for update
"""

_ASK = "update dead_letter set redrive_asked_time = clock_timestamp() where id = $1"

_DISCARD = """
    update dead_letter set discarded_time = clock_timestamp(), discard_reason = $2, redrive_asked_time = null
    where id = $1
"""


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


def checked_reason(reason: str) -> str:
    """Why a letter is discarded, its spaces made single.

    Raises:
        Invalid: DISCARD_REASON_INVALID, too short, too long, or with signs that nobody sees.
    """
    plain = " ".join(reason.split())
    if not SHORTEST_REASON <= len(plain) <= LONGEST_REASON or not plain.isprintable():
        raise Invalid(
            f"Give a reason of {SHORTEST_REASON} to {LONGEST_REASON} characters.",
            reason="DISCARD_REASON_INVALID",
        )
    return plain


class NotToSettle(Exception):
    """The letter cannot be settled in this way; one sentence for the operator says why."""


async def letters_to_redrive(
    connection: asyncpg.Connection, consumer: str, *, asked_only: bool = False
) -> list[Parked]:
    """What an operator asked to try again, and what was parked as newer than the reader; oldest first."""
    rows = await connection.fetch(_TO_REDRIVE, consumer, None if asked_only else NEWER_THAN_READER)
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


async def mark_failed(connection: asyncpg.Connection, letter_id: int) -> None:
    """Says that the event still could not be taken; the letter stays open until somebody asks again."""
    await connection.execute(_FAILED, letter_id)


async def ask_redrive(connection: asyncpg.Connection, letter_id: int) -> bool:
    """Lets a worker of its consumer take the event again. Run it in a transaction; repeat-safe.

    Returns:
        Whether a worker has still to take it: false where one has done so before.

    Raises:
        NotToSettle: there is no such letter, it was discarded, or its bytes are not an event of ours.
    """
    letter = await _to_settle(connection, letter_id)
    if letter["redriven_time"] is not None:
        return False
    if letter["discarded_time"] is not None:
        raise NotToSettle(f"It was discarded, because: {letter['discard_reason']}")
    if letter["reason"] == MALFORMED:
        raise NotToSettle("It is not an event of ours, so nobody can take it; discard it.")
    if not letter["is_whole"]:
        raise NotToSettle("Its bytes were too many to be kept whole; discard it, and look at its source.")
    await connection.execute(_ASK, letter_id)
    return True


async def discard(connection: asyncpg.Connection, letter_id: int, reason: str) -> UUID | None:
    """Closes the letter for good: its event will have no effect. Run it in a transaction; repeat-safe.

    Returns:
        The event's id; None where the letter was discarded before, whose reason then stands.

    Raises:
        NotToSettle: there is no such letter, or its event was taken.
    """
    letter = await _to_settle(connection, letter_id)
    if letter["redriven_time"] is not None:
        raise NotToSettle("Its event was taken meanwhile; there is nothing to discard.")
    if letter["discarded_time"] is not None:
        return None
    await connection.execute(_DISCARD, letter_id, reason)
    event_id: UUID = letter["event_id"]
    return event_id


async def _to_settle(connection: asyncpg.Connection, letter_id: int) -> asyncpg.Record:
    """Waits for a worker that is taking it just now."""
    letter = await connection.fetchrow(_TO_SETTLE, letter_id)
    if letter is None:
        raise NotToSettle("There is no such letter; it may have been dealt with more than 30 days ago.")
    return letter
