"""Sends logged events to the broker so that a partition never sees them out of order, whatever fails."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError

from chassis.kafka_address import client_settings
from chassis.known_topics import create_no_topics
from chassis.topics import PARTITIONS, key_bytes

ACKNOWLEDGEMENT_DEADLINE_SECONDS: Final = 8.0
"""aiokafka sends a batch again for ever; past this the producer is thrown away instead."""

MAX_BATCH_BYTES: Final = 65_536
CONTENT_TYPE: Final = b"application/protobuf"


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A row of the event log."""

    position: int
    event_id: UUID
    topic: str
    partition: int
    key: UUID
    aggregate_id: UUID
    type: str
    event_time: datetime
    payload: bytes
    traceparent: str | None
    tracestate: str | None


def headers_of(event: LoggedEvent, source: str) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0 in binary mode, the place in the source's log, and the trace that it came from."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(event.event_id).encode()),
        ("ce_source", source.encode()),
        ("ce_type", f"{event.topic}.{event.type}".encode()),
        ("ce_subject", str(event.aggregate_id).encode()),
        ("ce_time", event.event_time.isoformat().encode()),
        ("content-type", CONTENT_TYPE),
        ("kem-position", str(event.position).encode()),
    ]
    if event.traceparent:
        headers.append(("traceparent", event.traceparent.encode()))
    if event.tracestate:
        headers.append(("tracestate", event.tracestate.encode()))
    return headers


class PublishingFailed(Exception):
    """The broker did not acknowledge; what was under way may have arrived or not."""


class Publisher:
    """A producer that is thrown away after any error, and when its broker may not be the one of before.

    The caller sends a run of rows, waits, and sends the same rows again after an error. Within a run each
    partition gets one single batch, so an error can never let a later event pass an earlier one.
    """

    def __init__(self, bootstrap: str, source: str, *, idempotence: bool) -> None:
        create_no_topics()
        self._bootstrap = bootstrap
        self._source = source
        self._idempotence = idempotence
        self._producer: AIOKafkaProducer | None = None
        self._connections: dict[Any, Any] = {}
        self._known_topics: set[str] = set()

    async def send(self, rows: Sequence[LoggedEvent]) -> int:
        """Sends as many of the first rows as fit one batch per partition, at least one.

        Returns:
            How many of the rows, from the first on, the broker has acknowledged.

        Raises:
            PublishingFailed: some may have arrived; send the same rows again.
        """
        try:
            async with asyncio.timeout(ACKNOWLEDGEMENT_DEADLINE_SECONDS):
                return await self._send(rows)
        except Exception as error:
            await self.discard()
            raise PublishingFailed(type(error).__name__) from error
        except BaseException:
            await self.discard()
            raise

    async def _send(self, rows: Sequence[LoggedEvent]) -> int:
        if self._producer is not None and self._has_reconnected(self._producer):
            await self.discard()
        producer = self._producer or await self._connect()
        await self._check_topics(producer, {row.topic for row in rows})
        batches = {}
        taken = 0
        for row in rows:
            place = (row.topic, row.partition)
            if place not in batches:
                batches[place] = producer.create_batch()
            appended = batches[place].append(
                key=key_bytes(row.key),
                value=row.payload,
                timestamp=int(row.event_time.timestamp() * 1000),
                headers=headers_of(row, self._source),
            )
            if appended is None:
                break
            taken += 1
        acknowledgements = [
            await producer.send_batch(batch, topic, partition=partition)
            for (topic, partition), batch in batches.items()
            if batch.record_count()
        ]
        # gather with return_exceptions: each future's error is fetched, and the first one is raised
        for outcome in await asyncio.gather(*acknowledgements, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        if self._has_reconnected(producer):
            raise ConnectionError("the broker that answered may not be the one that was asked")
        self._connections = dict(producer.client._conns)
        return taken

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **client_settings(self._bootstrap),
            acks="all",
            enable_idempotence=self._idempotence,
            request_timeout_ms=5000,
            retry_backoff_ms=100,
            metadata_max_age_ms=5000,
            linger_ms=0,
            max_batch_size=MAX_BATCH_BYTES,
        )
        self._producer = producer
        await producer.start()
        if not self._idempotence:
            # no second try of aiokafka's own: it might reach a broker that came back empty
            producer._message_accumulator._batch_ttl = 0
        return producer

    def _has_reconnected(self, producer: AIOKafkaProducer) -> bool:
        """Whether a connection was lost since the last run, and with it perhaps all that the broker held.

        The embedded broker takes events for topics that it has forgotten, and acknowledges them. Kafka
        forgets nothing, and an idempotent producer keeps the order itself when it connects again.
        """
        if self._idempotence:
            return False
        now = producer.client._conns
        return any(
            now.get(key) is not known or not known.connected() for key, known in self._connections.items()
        )

    async def _check_topics(self, producer: AIOKafkaProducer, topics: set[str]) -> None:
        """Raises where a topic is missing or was made by somebody else with another number of partitions."""
        if topics <= self._known_topics:
            return
        cluster = await producer.client.fetch_all_metadata()
        for topic in topics:
            if len(cluster.partitions_for_topic(topic) or ()) != PARTITIONS:
                raise UnknownTopicOrPartitionError(topic)
        self._known_topics |= topics

    async def discard(self) -> None:
        """Ends the producer without flushing: `stop()` would go on sending for as long as it takes."""
        producer, self._producer = self._producer, None
        self._connections, self._known_topics = {}, set()
        if producer is None:
            return
        producer._closed = True
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                if producer._sender is not None:
                    await producer._sender.close()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                await producer.client.close()
