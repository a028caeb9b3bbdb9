"""Whether Kafka lets a consumer group read: Faust says nothing when it may not."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from chassis.kafka_address import client_settings
from chassis.known_topics import create_no_topics

_PATIENCE_SECONDS: Final = 5.0
_FETCH_MILLISECONDS: Final = 10
_FETCH_BYTES: Final = 4096


async def why_not_read(bootstrap: str, group: str, topics: Sequence[str]) -> str:
    """One clause; empty where nothing is known against it: a broker that is away forbids nothing.

    Looks with a plain client that does not join the group, so that nobody's partitions move.
    """
    create_no_topics()
    client = AIOKafkaConsumer(
        **client_settings(bootstrap),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="latest",
        request_timeout_ms=int(_PATIENCE_SECONDS * 1000),
        fetch_max_wait_ms=_FETCH_MILLISECONDS,
        max_partition_fetch_bytes=_FETCH_BYTES,
    )
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await client.start()
            await _look(client, topics)
    except GroupAuthorizationFailedError:
        return f"Kafka does not let it read as the group {group} (GroupAuthorizationFailed)"
    except TopicAuthorizationFailedError as error:
        return f"Kafka does not let it read {error.args[0]} (TopicAuthorizationFailed)"
    except (KafkaError, OSError):
        return ""
    finally:
        with contextlib.suppress(Exception):
            await client.stop()
    return ""


async def _look(client: AIOKafkaConsumer, topics: Sequence[str]) -> None:
    """Asks for what the group has committed, and fetches of each topic until something of it is known."""
    places = [TopicPartition(topic, 0) for topic in topics]
    client.assign(places)
    await client._client.force_metadata_update()
    hidden = sorted(client._client.cluster.unauthorized_topics & set(topics))
    if hidden:
        raise TopicAuthorizationFailedError(", ".join(hidden))
    await client.committed(places[0])
    while any(client.highwater(place) is None for place in places):
        await client.getmany(timeout_ms=_FETCH_MILLISECONDS)
