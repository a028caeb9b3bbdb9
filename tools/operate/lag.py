"""How far each consumer is behind: by the event logs, and by its group's offsets at the broker."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import asyncpg
from kafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from tools.check.standing import read_standing
from tools.check.where import one_instant
from tools.operate.group_offsets import GroupOffsets, read_group_offsets
from tools.operate.running import Running


@dataclass(frozen=True, slots=True)
class Place:
    """One consumer at one partition, for one source that writes to it.

    Args:
        position: of the last event that its commits cover; `end_position` is the last one in the log.
        unread: how many events lie between.
        offset: where its group goes on at the broker; `offset_lag` is how many messages lie behind that.
            Both are None where the broker does not say.
    """

    consumer: str
    source: str
    topic: str
    partition: int
    position: int
    end_position: int
    unread: int
    seconds_behind: float
    offset: int | None = None
    offset_lag: int | None = None


@dataclass(frozen=True, slots=True)
class Lag:
    """All consumers of a hub.

    Args:
        sources: per source what is not yet logged, and how far the log is published.
        is_broker_reached: whether the offsets are known.
    """

    places: list[Place]
    sources: list[dict[str, Any]]
    is_broker_reached: bool
    time: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "time": self.time,
            "unread": sum(place.unread for place in self.places),
            "seconds_behind": _longest(self.places),
            "broker_reached": self.is_broker_reached,
            "sources": self.sources,
            "consumers": [asdict(place) for place in self.places],
        }

    def show(self, console: Console) -> None:
        table = Table(
            "consumer", "topic", "partition", "at", "of", "unread", "behind", "offset lag", box=None
        )
        for (consumer, topic), found in groupby(self.places, lambda place: (place.consumer, place.topic)):
            places = list(found)
            table.add_row(consumer, topic, "all", "", "", *_figures(places))
            for place in places:
                if place.unread or place.offset_lag:
                    table.add_row(
                        f"  of {place.source}",
                        "",
                        str(place.partition),
                        str(place.position),
                        str(place.end_position),
                        *_figures([place]),
                    )
        console.print(table)
        for source in self.sources:
            not_published = source["logged_position"] - source["published_position"]
            if source["not_logged"] or not_published:
                console.print(
                    f"{source['source']}: {source['not_logged']} events are not in its log yet,"
                    f" {not_published} are not at the broker yet."
                )
        if not self.is_broker_reached:
            console.print("The broker does not answer, so offsets are not known.")


async def read_lag(running: Running) -> Lag:
    """Positions of one instant, and the offsets right after it.

    Raises:
        StackFailure: the database does not answer.
    """
    async with one_instant(running.check_url) as connection:
        places, sources = await read_positions(connection)
    consumers = {place.consumer for place in places}
    try:
        offsets: Mapping[tuple[str, str, int], GroupOffsets] = read_group_offsets(
            running.bootstrap, consumers
        )
    except (KafkaError, OSError):
        return Lag(places, sources, is_broker_reached=False, time=datetime.now(UTC))
    return Lag(list(_with_offsets(places, offsets)), sources, is_broker_reached=True, time=datetime.now(UTC))


async def read_positions(connection: asyncpg.Connection) -> tuple[list[Place], list[dict[str, Any]]]:
    """Every consumer's place by the logs, and what each source has not told yet."""
    standing = await read_standing(connection)
    places = [
        Place(
            **asdict(reached),
            end_position=behind.end_position,
            unread=behind.count,
            seconds_behind=behind.seconds_behind,
        )
        for service in standing.values()
        for reached, behind in service.consumers
    ]
    places.sort(key=lambda place: (place.consumer, place.topic, place.source, place.partition))
    sources = [
        {
            "source": source,
            "not_logged": service.publication.outbox_events,
            "logged_position": service.publication.logged_position,
            "published_position": service.publication.published_position,
        }
        for source, service in standing.items()
    ]
    return places, sources


def _with_offsets(
    places: Iterable[Place], offsets: Mapping[tuple[str, str, int], GroupOffsets]
) -> Iterable[Place]:
    for place in places:
        known = offsets.get((place.consumer, place.topic, place.partition))
        yield replace(place, offset=known.committed, offset_lag=known.lag) if known else place


def _figures(places: list[Place]) -> tuple[str, str, str]:
    lags = {(place.topic, place.partition): place.offset_lag for place in places}
    known = [lag for lag in lags.values() if lag is not None]
    return (
        str(sum(place.unread for place in places)),
        f"{_longest(places):.1f} s",
        str(sum(known)) if known else "?",
    )


def _longest(places: list[Place]) -> float:
    return max((place.seconds_behind for place in places), default=0.0)
