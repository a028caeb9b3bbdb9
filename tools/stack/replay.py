"""Fills a broker that has forgotten everything, from the event logs that PostgreSQL keeps.

Every consumer has a row in `consumer_progress` per partition from its first start, so the lowest of them
is the first event that anybody may still lack. Consumers drop what they have seen.
No relay and no stream worker may run meanwhile: a newer event would pass the older ones.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

import asyncpg

from chassis.event_log import events_of_partition
from chassis.publisher import Publisher
from tools.stack.wanted import LACKING, Tell, Wanted

_WINDOW = 500

_PUBLISHED = """
    select topic, partition, max(event_log.position) as last_position
    from event_log where event_log.position <= (select position from publication)
    group by topic, partition order by topic, partition
"""
_PROGRESS = """
    select source, topic, partition, min(position) as position
    from consumer_progress group by source, topic, partition
"""
_FIRST_SINCE = "select min(position) from event_log where event_time >= $1"
_COUNT = """
    select count(*) from event_log where topic = $1 and partition = $2 and position > $3 and position <= $4
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events of one partition, behind one position and up to another one."""

    source: str
    topic: str
    partition: int
    after: int
    last: int
    events: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was sent again: events in all, per source."""

    events: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.events.values())


async def replay(
    urls: Mapping[str, str],
    bootstrap: str,
    wanted: Wanted = LACKING,
    *,
    idempotence: bool = False,
    tell: Tell = lambda sent, of: None,
) -> Replayed:
    """Sends every published event again that some consumer may lack, and what is wanted beside.

    Each partition is sent in its order.

    Args:
        urls: a login per schema that reads its event log and consumer progress.
    """
    stretches = await plan(urls, wanted)
    total = sum(stretch.events for stretch in stretches)
    sent = Counter(dict.fromkeys(urls, 0))
    for source, found in groupby(stretches, lambda stretch: stretch.source):
        publisher = Publisher(bootstrap, source, idempotence=idempotence)
        connection = await asyncpg.connect(urls[source])
        try:
            for stretch in found:
                async for count in _resend(connection, publisher, stretch):
                    sent[source] += count
                    tell(sent.total(), total)
        finally:
            await publisher.discard()
            await connection.close()
    return Replayed(dict(sent))


async def plan(urls: Mapping[str, str], wanted: Wanted = LACKING) -> list[Stretch]:
    """What a replay would send now; `urls` as for `replay`. Stretches without an event are left out."""
    lowest = await _lowest_progress(urls.values())
    stretches: list[Stretch] = []
    for source, url in urls.items():
        connection = await asyncpg.connect(url)
        try:
            asked = await _asked_position(connection, wanted)
            for row in await connection.fetch(_PUBLISHED):
                topic, partition, last = row["topic"], row["partition"], row["last_position"]
                if not wanted.covers(topic):
                    continue
                # nobody follows it: whoever comes later begins with what the topics still hold
                after = min(
                    lowest.get((source, topic, partition), last), last if asked is None else asked - 1
                )
                events = await connection.fetchval(_COUNT, topic, partition, after, last)
                if events:
                    stretches.append(Stretch(source, topic, partition, after, last, events))
        finally:
            await connection.close()
    return stretches


async def _resend(
    connection: asyncpg.Connection, publisher: Publisher, stretch: Stretch
) -> AsyncIterator[int]:
    """Sends the stretch in order; yields how many events went with each run."""
    position = stretch.after
    while position < stretch.last:
        events = await events_of_partition(connection, stretch.topic, stretch.partition, position, _WINDOW)
        count = await publisher.send([event for event in events if event.position <= stretch.last])
        position = events[count - 1].position
        yield count


async def _asked_position(connection: asyncpg.Connection, wanted: Wanted) -> int | None:
    """The first position that is wanted whoever has seen it; None: only what somebody lacks."""
    if wanted.since_time is None:
        return wanted.from_position
    position: int | None = await connection.fetchval(_FIRST_SINCE, wanted.since_time)
    return position


async def consumers(urls: Iterable[str]) -> set[str]:
    """Everybody who follows events: each one's name is that of its group at the broker."""
    names: set[str] = set()
    for url in urls:
        connection = await asyncpg.connect(url)
        try:
            names |= {
                row[0] for row in await connection.fetch("select distinct consumer from consumer_progress")
            }
        finally:
            await connection.close()
    return names


async def _lowest_progress(urls: Iterable[str]) -> dict[tuple[str, str, int], int]:
    lowest: dict[tuple[str, str, int], int] = {}
    for url in urls:
        connection = await asyncpg.connect(url)
        try:
            for row in await connection.fetch(_PROGRESS):
                place = (row["source"], row["topic"], row["partition"])
                lowest[place] = min(row["position"], lowest.get(place, row["position"]))
        finally:
            await connection.close()
    return lowest
