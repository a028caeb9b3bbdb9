"""A plain reader of topics, with kafka-python: in no group, so that it takes nothing from anybody."""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from chassis.kafka_address import client_settings
from chassis.topics import PARTITIONS

_PATIENCE_SECONDS: Final = 10.0
FETCH_WAIT_MILLISECONDS: Final = 50


@contextmanager
def reader_of(bootstrap: str) -> Iterator[Any]:
    """A consumer that commits nothing; assign it partitions.

    Raises:
        KafkaError: the broker does not answer.
    """
    from kafka import KafkaConsumer

    logging.getLogger("kafka").setLevel(
        logging.CRITICAL
    )  # what matters of its troubles is said in a sentence
    consumer = KafkaConsumer(
        **client_settings(bootstrap),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MILLISECONDS,
        metadata_max_age_ms=5000,
        bootstrap_timeout_ms=int(_PATIENCE_SECONDS * 1000),
    )
    # asking about a topic would make it, with too few partitions, on a broker that has come back empty; the
    # consumer's own setting for this does not reach the part that asks (kafka-python 3.0.12)
    consumer._client.cluster.config["allow_auto_create_topics"] = False
    try:
        yield consumer
    finally:
        consumer.close()


def places_of(topics: Iterable[str]) -> list[Any]:
    """Every partition of these topics of ours."""
    from kafka import TopicPartition

    return [TopicPartition(topic, partition) for topic in topics for partition in range(PARTITIONS)]


def ends_of(consumer: Any, places: Sequence[Any]) -> dict[Any, int]:
    """The offset behind the last message of each assigned partition; the consumer stands somewhere before.

    It is what a fetch answers: asked for it, the embedded broker tells the end but for its last batch.

    Raises:
        KafkaTimeoutError: the broker does not answer.
    """
    from kafka.errors import KafkaTimeoutError

    for place, near_end in consumer.end_offsets(places).items():
        consumer.seek(place, near_end)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while any(consumer.highwater(place) is None for place in places):
        if time.monotonic() > deadline:
            raise KafkaTimeoutError("the ends of partitions are not known")
        consumer.poll(timeout_ms=FETCH_WAIT_MILLISECONDS)
    return {place: int(consumer.highwater(place)) for place in places}
