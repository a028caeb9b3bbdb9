"""Where consumer groups stand at the broker, asked with kafka-python."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.topics import TOPICS
from tools.operate.reading import ends_of, places_of, reader_of
from tools.stack.topics import administration


@dataclass(frozen=True, slots=True)
class GroupOffsets:
    """One group at one partition: where it goes on, None where it has committed nothing yet, and the end."""

    committed: int | None
    beginning: int
    end: int

    @property
    def lag(self) -> int:
        """How many messages it has not committed. Without a commit it begins with the first that is there.

        A commit beyond the end was made before the broker lost what it held.
        """
        return max(0, self.end - (self.beginning if self.committed is None else self.committed))


def read_group_offsets(bootstrap: str, groups: Iterable[str]) -> dict[tuple[str, str, int], GroupOffsets]:
    """Per group, topic and partition, of our topics.

    Raises:
        KafkaError: the broker does not answer.
    """
    with administration(bootstrap) as admin:
        present = set(admin.list_topics())
        committed = {group: _committed(admin, group) for group in sorted(groups)}
    places = places_of(topic for topic in TOPICS if topic in present)
    beginnings, ends = _bounds(bootstrap, places)
    return {
        (group, place.topic, place.partition): GroupOffsets(
            offsets.get(place), beginnings[place], ends[place]
        )
        for group, offsets in committed.items()
        for place in places
    }


def _committed(admin: Any, group: str) -> dict[Any, int]:
    found = admin.list_group_offsets(group)[group]
    return {place: told.offset for place, told in found.items() if told.offset >= 0}


def _bounds(bootstrap: str, places: Sequence[Any]) -> tuple[dict[Any, int], dict[Any, int]]:
    """Where each partition begins and ends."""
    with reader_of(bootstrap) as consumer:
        consumer.assign(places)
        beginnings = consumer.beginning_offsets(places)
        return beginnings, ends_of(consumer, places)
