"""Makes the topics that chassis/topics.py declares, and looks at them, on any broker that speaks Kafka."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

from kafka.errors import KafkaError

from chassis.kafka_address import client_settings
from chassis.topics import REPLICATION, TOPICS, TopicShape, declared_shape, differences

BROKER_ERRORS: Final = (KafkaError, RuntimeError, OSError)
"""What asking a broker ends with when it is away, or does not do as it is asked."""

_TOPIC_ALREADY_EXISTS = 36
_PATIENCE_MILLISECONDS = 10_000


def create_topics(bootstrap: str, replication: int = 1) -> list[str]:
    """Makes each topic that is missing. Repeat-safe.

    Returns:
        The topics that it made: all of them where the broker is new, or has forgotten everything.

    Raises:
        RuntimeError: the broker refused one of them.
    """
    from kafka.admin import NewTopic

    shape = declared_shape(replication)
    with administration(bootstrap) as admin:
        present = set(admin.list_topics())
        missing = [
            NewTopic(
                name,
                num_partitions=shape.partitions,
                replication_factor=shape.replication,
                topic_configs=dict(shape.configs),
            )
            for name in TOPICS
            if name not in present
        ]
        made = []
        for topic in admin.create_topics(missing, raise_errors=False)["topics"] if missing else ():
            if topic["error_code"] not in (0, _TOPIC_ALREADY_EXISTS):
                raise RuntimeError(f"topic {topic['name']} could not be made: {topic['error_message']}")
            if topic["error_code"] == 0:
                made.append(topic["name"])
        return made


def found_topics(bootstrap: str, topics: Collection[str] | None = TOPICS) -> dict[str, TopicShape]:
    """These topics as they are now, a missing one left out; None: all but the brokers' own."""
    from kafka.admin import ConfigResource, ConfigResourceType

    with administration(bootstrap) as admin:
        there = admin.list_topics()
        present = (
            [name for name in there if not name.startswith("__")]
            if topics is None
            else [name for name in topics if name in set(there)]
        )
        if not present:
            return {}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in present]
        configs = admin.describe_configs(resources, config_filter="all")["topic"]
        return {
            one["name"]: TopicShape(
                len(one["partitions"]),
                min(len(partition["replica_nodes"]) for partition in one["partitions"]),
                {name: config["value"] for name, config in configs[one["name"]].items()},
            )
            for one in admin.describe_topics(present)
        }


def meant_replication(bootstrap: str) -> int:
    """How often each topic is meant to be kept, by the number of brokers that there are."""
    with administration(bootstrap) as admin:
        return REPLICATION if len(admin.describe_cluster()["brokers"]) >= REPLICATION else 1


def compare_topics(bootstrap: str, replication: int) -> list[str]:
    """What is not as declared, one clause each."""
    return differences(TOPICS, found_topics(bootstrap), replication)


def forget_groups(bootstrap: str, groups: Collection[str] | None = None) -> list[str]:
    """Deletes these consumer groups (all without), so that each begins with the first event again.

    Repeat-safe; answers those that there were.

    Raises:
        RuntimeError: one could not be deleted; somebody still reads, for example.
    """
    with administration(bootstrap) as admin:
        there = [group["group_id"] for group in admin.list_groups()]
        forgotten = [name for name in there if groups is None or name in groups]
        answers = admin.delete_groups(forgotten) if forgotten else {}
        kept = {name: said for name, said in answers.items() if said != "OK"}
        if kept:
            raise RuntimeError(f"groups could not be deleted: {kept}")
        return forgotten


def topics_with_events(bootstrap: str) -> list[str]:
    """The declared topics that hold anything."""
    with administration(bootstrap) as admin:
        return [
            name for name, ends in _ends(admin).items() if any(first < last for first, last in ends.values())
        ]


def clear_topics(bootstrap: str, made: Collection[str]) -> None:
    """Deletes the topics that a hub made, and what it wrote into those that were there before it."""
    from kafka import TopicPartition

    with administration(bootstrap) as admin:
        found = _ends(admin)
        ours = [name for name in found if name in made]
        if ours:
            admin.delete_topics(ours)
        kept = {
            TopicPartition(name, partition): last
            for name, ends in found.items()
            if name not in made
            for partition, (first, last) in ends.items()
            if first < last
        }
        if kept:
            admin.delete_records(kept)


def _ends(admin: Any) -> dict[str, dict[int, tuple[int, int]]]:
    """The first offset, and the one behind the last, in each partition of each declared topic that exists."""
    from kafka import OffsetSpec, TopicPartition

    present = [name for name in TOPICS if name in set(admin.list_topics())]
    places = [
        TopicPartition(one["name"], partition["partition_index"])
        for one in (admin.describe_topics(present) if present else ())
        for partition in one["partitions"]
    ]
    first, last = (
        admin.list_partition_offsets(dict.fromkeys(places, spec)) if places else {}
        for spec in (OffsetSpec.EARLIEST, OffsetSpec.LATEST)
    )
    found: dict[str, dict[int, tuple[int, int]]] = {name: {} for name in present}
    for place in places:
        found[place.topic][place.partition] = (first[place].offset, last[place].offset)
    return found


@contextmanager
def administration(bootstrap: str) -> Iterator[Any]:
    """A client that may make, describe and delete."""
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(
        **client_settings(bootstrap),
        bootstrap_timeout_ms=_PATIENCE_MILLISECONDS,
        request_timeout_ms=_PATIENCE_MILLISECONDS,
    )
    try:
        yield admin
    finally:
        admin.close()
