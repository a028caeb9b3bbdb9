"""What a transaction has to tell, written in the same commit as what it did."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.events import MAX_PAYLOAD_BYTES, OutgoingEvent
from chassis.together import Executor

_INSERT = """
    insert into outbox (event_id, topic, key, aggregate_id, aggregate_version, type, event_time, payload,
                        traceparent, tracestate)
    select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[],
                         $7::timestamptz[], $8::bytea[], $9::text[], $10::text[])
"""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An event with the trace in which it came to be.

    Raises:
        ValueError: the payload is larger than an event may be.
    """

    event: OutgoingEvent
    traceparent: str | None
    tracestate: str | None

    def __post_init__(self) -> None:
        size = len(self.event.payload)
        if size > MAX_PAYLOAD_BYTES:
            raise ValueError(f"a {self.event.type} of {size} bytes is too large for an event")


async def write_outbox(connection: Executor, rows: Sequence[OutboxRow]) -> None:
    """Adds the rows in their order by one statement. Call it last: the outbox is last in the lock order."""
    await connection.execute(
        _INSERT,
        [row.event.event_id for row in rows],
        [row.event.topic for row in rows],
        [row.event.key for row in rows],
        [row.event.aggregate_id for row in rows],
        [row.event.aggregate_version for row in rows],
        [row.event.type for row in rows],
        [row.event.event_time for row in rows],
        [row.event.payload for row in rows],
        [row.traceparent for row in rows],
        [row.tracestate for row in rows],
    )
