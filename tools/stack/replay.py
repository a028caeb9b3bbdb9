"""Fills a broker that has forgotten everything, from the event logs that PostgreSQL keeps.

Every consumer has a row in `consumer_progress` per partition from its first start, so the lowest of them
is the first event that anybody may still lack. Consumers drop what they have seen.
No relay and no stream worker may run meanwhile: a newer event would pass the older ones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import asyncpg

from chassis.event_log import events_of_partition
from chassis.publisher import Publisher

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


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was sent again: events in all, per source."""

    events: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.events.values())


async def replay(urls: Mapping[str, str], bootstrap: str, *, idempotence: bool = False) -> Replayed:
    """Sends every published event again that some consumer may lack, each partition in its order.

    Args:
        urls: a login per schema that reads its event log and consumer progress.
    """
    lowest = await _lowest_progress(urls.values())
    return Replayed(
        {source: await _resend(source, url, lowest, bootstrap, idempotence) for source, url in urls.items()}
    )


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


async def _resend(
    source: str, url: str, lowest: Mapping[tuple[str, str, int], int], bootstrap: str, idempotence: bool
) -> int:
    publisher = Publisher(bootstrap, source, idempotence=idempotence)
    connection = await asyncpg.connect(url)
    sent = 0
    try:
        for row in await connection.fetch(_PUBLISHED):
            topic, partition, last = row["topic"], row["partition"], row["last_position"]
            # nobody follows it: whoever comes later begins with what the topics still hold
            position = lowest.get((source, topic, partition), last)
            while position < last:
                events = await events_of_partition(connection, topic, partition, position, _WINDOW)
                events = [event for event in events if event.position <= last]
                count = await publisher.send(events)
                position = events[count - 1].position
                sent += count
    finally:
        await publisher.discard()
        await connection.close()
    return sent
