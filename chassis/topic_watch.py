"""Whether a service's topics are as declared and may be read: before it is ready, and from then on."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from chassis.kafka_address import client_settings
from chassis.reading_rights import why_not_read
from chassis.topics import TopicShape, differences

LOOK_AGAIN_SECONDS: Final = 1.0
"""While something is wrong: whoever mends it wants to see that it helped."""
LOOK_SELDOM_SECONDS: Final = 20.0
_PATIENCE_MILLISECONDS: Final = 5_000

log = structlog.get_logger(__name__)

Tell = Callable[[str], Awaitable[None]]


class TopicWatch:
    """Looks at the topics again and again; a broker that does not answer tells nothing about them.

    Args:
        groups: the topics that each consumer group reads.
    """

    def __init__(
        self,
        bootstrap: str,
        topics: Sequence[str],
        replication: int,
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._bootstrap = bootstrap
        self._topics = sorted(set(topics))
        self._replication = replication
        self._groups = groups or {}

    async def until_in_order(self, tell: Tell) -> None:
        """Returns when every topic is as declared and may be read; `tell` hears each new reason why not."""
        said = None
        while True:
            reason = await self._look()
            if reason is None:
                reason = f"no broker answers at {self._bootstrap}"
            if not reason:
                if said:
                    log.info("topics_in_order", topics=self._topics)
                return
            if reason != said:
                log.error("topics_not_in_order", reason=reason)
                await tell(reason)
            said = reason
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def until_out_of_order(self) -> None:
        """Returns when a broker says that a topic is missing, not as declared, or not to be read any more."""
        reason = None
        while not reason:
            await asyncio.sleep(LOOK_SELDOM_SECONDS)
            reason = await self._look()

    async def _look(self) -> str | None:
        """What is wrong, empty where nothing is; None where no broker answered."""
        if not self._topics:
            return ""
        admin = AIOKafkaAdminClient(
            **client_settings(self._bootstrap), request_timeout_ms=_PATIENCE_MILLISECONDS
        )
        try:
            async with asyncio.timeout(2 * _PATIENCE_MILLISECONDS / 1000):
                await admin.start()
                found = await _found(admin, self._topics)
        except (KafkaError, OSError):
            return None
        finally:
            with contextlib.suppress(Exception):
                await admin.close()
        wrong = differences(self._topics, found, self._replication)
        return "; ".join(wrong) or await self._why_not_read()

    async def _why_not_read(self) -> str:
        looks = (why_not_read(self._bootstrap, group, topics) for group, topics in self._groups.items())
        return "; ".join(filter(None, await asyncio.gather(*looks)))


async def _found(admin: Any, topics: Sequence[str]) -> dict[str, TopicShape]:
    """Those of the topics that exist. All are listed: a topic that is asked for by name may be made by it."""
    listed = {
        one["topic"]: one["partitions"] for one in await admin.describe_topics() if one["topic"] in topics
    }
    if not listed:
        return {}
    configs: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in listed]
    ):
        for _, _, _, name, entries in answer.resources:
            configs[name] = {entry[0]: entry[1] for entry in entries}
    return {
        name: TopicShape(
            len(partitions), min(len(one["replicas"]) for one in partitions), configs.get(name, {})
        )
        for name, partitions in listed.items()
    }
