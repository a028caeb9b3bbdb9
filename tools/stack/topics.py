"""Makes the topics that chassis/topics.py declares, on any broker that speaks the Kafka protocol."""

from typing import Any

from chassis.topics import PARTITIONS, RETENTION_SECONDS, TOPICS

_TOPIC_ALREADY_EXISTS = 36
_PATIENCE_MILLISECONDS = 10_000


def create_topics(bootstrap: str, replication: int = 1) -> bool:
    """Makes each topic that is missing. Repeat-safe.

    Returns:
        Whether the broker was empty: it is new, or it has forgotten everything.

    Raises:
        RuntimeError: the broker refused one of them.
    """
    from kafka.admin import NewTopic

    admin = _admin(bootstrap)
    try:
        present = set(admin.list_topics())
        missing = [
            NewTopic(
                name,
                num_partitions=PARTITIONS,
                replication_factor=replication,
                topic_configs={"cleanup.policy": "delete", "retention.ms": str(RETENTION_SECONDS * 1000)},
            )
            for name in TOPICS
            if name not in present
        ]
        if missing:
            answer = admin.create_topics(missing, raise_errors=False)
            for topic in answer["topics"]:
                if topic["error_code"] not in (0, _TOPIC_ALREADY_EXISTS):
                    raise RuntimeError(f"topic {topic['name']} could not be made: {topic['error_message']}")
        return not present & set(TOPICS)
    finally:
        admin.close()


def forget_groups(bootstrap: str) -> bool:
    """Deletes every consumer group, so that each begins with the first event again. Nobody may be reading.

    Returns:
        Whether there was any.
    """
    admin = _admin(bootstrap)
    try:
        groups = [group["group_id"] for group in admin.list_groups()]
        if groups:
            admin.delete_groups(groups)
        return bool(groups)
    finally:
        admin.close()


def _admin(bootstrap: str) -> Any:
    from kafka import KafkaAdminClient

    return KafkaAdminClient(
        bootstrap_servers=bootstrap,
        bootstrap_timeout_ms=_PATIENCE_MILLISECONDS,
        request_timeout_ms=_PATIENCE_MILLISECONDS,
    )
