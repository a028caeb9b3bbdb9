"""How far this service has read a topic, as the broker tells: where it ends, and what was committed."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.kafka_address import client_settings
from chassis.known_topics import create_no_topics
from chassis.topics import PARTITIONS
from kernel.errors import Unavailable

_PATIENCE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Reading:
    """By partition where it ends now, and up to where this service has taken everything."""

    ends: Mapping[int, int]
    taken: Mapping[int, int]

    def has_taken(self, ends: Mapping[int, int]) -> bool:
        """Whether everything before these ends is taken."""
        return all(self.taken[partition] >= end for partition, end in ends.items())

    def is_shorter_than(self, ends: Mapping[int, int]) -> bool:
        """Whether the broker has forgotten what it had: these ends are no more."""
        return any(self.ends[partition] < end for partition, end in ends.items())


class TopicReading:
    """Asks the broker, by a client that does not join the group, so that nobody's partitions move."""

    def __init__(self, bootstrap: str, group: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._places = [TopicPartition(topic, number) for number in range(PARTITIONS)]

    async def look(self) -> Reading:
        """As it is now. Never inside a transaction.

        Raises:
            Unavailable: the broker does not answer.
        """
        create_no_topics()
        client = AIOKafkaConsumer(
            **client_settings(self._bootstrap),
            group_id=self._group,
            enable_auto_commit=False,
            request_timeout_ms=int(_PATIENCE_SECONDS * 1000),
        )
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await client.start()
                return await self._reading(client)
        except (KafkaError, OSError) as error:
            raise Unavailable("The broker does not say how far its topics are read.") from error
        finally:
            with contextlib.suppress(Exception):
                await client.stop()

    async def _reading(self, client: AIOKafkaConsumer) -> Reading:
        ends = await client.end_offsets(self._places)
        first = await client.beginning_offsets(self._places)
        # what the broker has dropped by its age nobody reads any more
        taken = {place: max(await client.committed(place) or 0, first[place]) for place in self._places}
        return Reading(
            {place.partition: end for place, end in ends.items()},
            {place.partition: offset for place, offset in taken.items()},
        )
