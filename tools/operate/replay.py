"""`./kem replay`: has the supervisor send events again, or says what it would send."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
from kafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from chassis.topics import TOPICS
from tools.check.where import one_instant
from tools.operate.progress import Bar
from tools.operate.running import Running, broker_failed
from tools.stack.failure import StackFailure
from tools.stack.remote import ask_for_replay
from tools.stack.replay import Stretch, plan
from tools.stack.topics import found_topics
from tools.stack.wanted import Wanted
from tools.trace.story import ATHENS

_POSITION: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent again."""

    events: int

    def as_json(self) -> dict[str, Any]:
        return {"dry_run": False, "events": self.events}

    def show(self, console: Console) -> None:
        console.print(f"Done: {self.events} events were sent again, and all services run.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be sent now."""

    stretches: Sequence[Stretch]

    def as_json(self) -> dict[str, Any]:
        return {
            "dry_run": True,
            "events": sum(stretch.events for stretch in self.stretches),
            "partitions": [
                {
                    "source": stretch.source,
                    "topic": stretch.topic,
                    "partition": stretch.partition,
                    "after_position": stretch.after,
                    "last_position": stretch.last,
                    "events": stretch.events,
                }
                for stretch in self.stretches
            ],
        }

    def show(self, console: Console) -> None:
        table = Table("topic", "source", "partitions", "after position", "events", box=None, padding=(0, 1))
        events, partitions = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        after: dict[tuple[str, str], int] = {}
        for one in self.stretches:
            place = (one.topic, one.source)
            events[place] += one.events
            partitions[place] += 1
            after[place] = min(one.after, after.get(place, one.after))
        for place, count in events.items():
            table.add_row(*place, str(partitions[place]), str(after[place]), str(count))
        if events:
            console.print(table)
        console.print(f"{events.total()} events would be sent again now. Nothing was sent.")


def wanted_from(start: str | None, topic: str | None) -> Wanted:
    """What a person asked for: a position, or an instant (Athens time where no zone is named).

    Raises:
        StackFailure: it is neither, or there is no such topic.
    """
    if topic is not None and topic not in TOPICS:
        raise StackFailure(f"There is no topic {topic!r}; there are: {', '.join(TOPICS)}.", 2)
    topics = frozenset({topic}) if topic else None
    if start is None:
        return Wanted(topics=topics)
    if _POSITION.fullmatch(start):
        return Wanted(from_position=int(start), topics=topics)
    try:
        since = datetime.fromisoformat(start)
    except ValueError:
        raise StackFailure(
            f"{start!r} is neither a position (1, 2, 3 …) nor a time (2026-05-01T14:30).", 2
        ) from None
    return Wanted(since_time=since.replace(tzinfo=since.tzinfo or ATHENS).astimezone(UTC), topics=topics)


def replay_now(running: Running, wanted: Wanted, patience_seconds: float) -> Sent:
    """Asks the supervisor and waits, with a bar.

    Raises:
        StackFailure: it is not ready, or not done in time.
    """
    with Bar("sending events again") as bar:
        return Sent(ask_for_replay(running.layout, wanted, patience_seconds, bar.show))


async def plan_now(running: Running, wanted: Wanted) -> Plan:
    """What `replay_now` would send at this moment.

    Raises:
        StackFailure: the database or the broker does not answer.
    """
    async with one_instant(running.check_url) as connection:
        schemas = await connection.fetch("select schemaname from pg_tables where tablename = 'event_log'")
    urls = {schema: running.worker_url(schema) for schema in sorted(row[0] for row in schemas)}
    try:
        missing = set(TOPICS) - set(found_topics(running.bootstrap))
        return Plan(await plan(urls, wanted.also(missing)))
    except (KafkaError, RuntimeError) as error:
        raise broker_failed(error) from None
    except (OSError, asyncpg.PostgresError) as error:
        raise StackFailure(f"The database does not answer ({type(error).__name__}).", 3) from None
