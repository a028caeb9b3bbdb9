"""Keeps Kafka clients from making topics by asking about them.

aiokafka lets the broker create whatever topic it names, without a setting for it. A broker that came back
empty would then have topics with the wrong number of partitions before anybody could make the right ones,
and nobody could see that it had been empty.
"""

from typing import Any

import aiokafka.client
from aiokafka.protocol.metadata import MetadataRequest


class AskingOnly(MetadataRequest):
    """A metadata request that creates nothing."""

    def __init__(self, topics: list[str] | None = None) -> None:
        super().__init__(topics, allow_auto_topic_creation=False)


def create_no_topics() -> None:
    """Holds for every aiokafka client of this process, Faust's too. Repeat-safe."""
    client: Any = aiokafka.client
    client.MetadataRequest = AskingOnly
