"""Golden histories: what was once told, byte for byte, and where everything stood afterwards; kept for ever.

A history is two files in tests/integration/histories/kept/: `<name>.jsonl`, one logged event a line, and
`<name>.state.json`. Neither is ever changed or deleted: an event log lives longer than the code that wrote
it, so the code of every day must come to the same state by it. With KEM_WRITE_GOLDEN=1 a history that is
missing, or a part of a state that is, is written; what is there is never touched.
"""

import base64
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from chassis import topics
from chassis.events import IncomingEvent
from chassis.incoming import Message, read_message
from chassis.publisher import LoggedEvent, headers_of
from chassis.topics import key_bytes, partition_of

FOLDER: Final = Path(__file__).resolve().parents[1] / "integration/histories/kept"
TOPICS: Final = (topics.INTAKE, topics.DISCLOSURE, topics.REFERRAL, topics.DIRECTORY, topics.NOTIFICATIONS)
"""Those that somebody reads to act on."""

_LOGGED: Final = """
    select position, event_id, topic, partition, key, aggregate_id, type, event_time, payload
    from {}.event_log where topic = any($1) order by position
"""
_WAITING: Final = """
    select row_number() over (order by id) as position, event_id, topic, 0 as partition, key, aggregate_id,
           type, event_time, payload
    from {}.outbox where topic = any($1) order by id
"""


def is_writing() -> bool:
    """Whether what is missing is to be written."""
    return bool(os.environ.get("KEM_WRITE_GOLDEN"))


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event as it stood in the log of its source."""

    source: str
    logged: LoggedEvent

    def message(self) -> Message:
        """As a broker would hand it over today."""
        one = self.logged
        return Message(
            topic=one.topic,
            partition=one.partition,
            offset=one.position,
            key=key_bytes(one.key),
            value=one.payload,
            headers=headers_of(one, self.source),
        )

    def incoming(self) -> IncomingEvent:
        """As a reader is given it today."""
        event = read_message(self.message())
        assert isinstance(event, IncomingEvent), self
        return event


@dataclass(frozen=True, slots=True)
class History:
    """One kept history."""

    name: str
    events: tuple[KeptEvent, ...]

    def of(self, *wanted: str) -> list[KeptEvent]:
        """Its events of some topics, in the order of each source."""
        return [one for one in self.events if one.logged.topic in wanted]

    def state(self) -> dict[str, Any]:
        """Where everything stood."""
        found: dict[str, Any] = json.loads(_state_file(self.name).read_text())
        return found

    def part(self, part: str, today: Any) -> Any:
        """A part of the kept state; one that was never kept is what it is today, if that may be written."""
        state = self.state()
        if part not in state and is_writing():
            _write(_state_file(self.name), _state(state | {part: today}))
        return self.state()[part]


def names() -> list[str]:
    """Every history that was ever kept."""
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def load(name: str) -> History:
    """The history of that name."""
    lines = (FOLDER / f"{name}.jsonl").read_text().splitlines()
    return History(name, tuple(_event(json.loads(line)) for line in lines))


def keep(name: str, events: Iterable[KeptEvent], state: Mapping[str, Any]) -> None:
    """Writes a history unless there is one of that name."""
    file = FOLDER / f"{name}.jsonl"
    if file.exists():
        return
    _write(file, "".join(json.dumps(_line(one), sort_keys=True) + "\n" for one in events))
    _write(_state_file(name), _state(state))


async def logged(connection: asyncpg.Connection, source: str) -> list[KeptEvent]:
    """What a source has logged."""
    return _kept(source, await connection.fetch(_LOGGED.format(source), TOPICS))


async def waiting(connection: asyncpg.Connection, source: str) -> list[KeptEvent]:
    """What waits in an outbox that nobody relays, as a relay would log it."""
    return _kept(source, await connection.fetch(_WAITING.format(source), TOPICS))


def _kept(source: str, rows: Iterable[Mapping[str, Any]]) -> list[KeptEvent]:
    untraced: dict[str, Any] = {"traceparent": None, "tracestate": None}
    return [
        KeptEvent(
            source,
            LoggedEvent(**{**row, **untraced, "partition": partition_of(key_bytes(row["key"]))}),
        )
        for row in map(dict, rows)
    ]


async def standings(connection: asyncpg.Connection) -> dict[str, Any]:
    """Where each referral and its offers stand, by their own tables."""
    offers: dict[str, dict[str, str]] = {}
    for row in await connection.fetch("select referral_id, offer_id, state from referral.offer"):
        offers.setdefault(str(row["referral_id"]), {})[str(row["offer_id"])] = row["state"]
    return {
        str(row["referral_id"]): {
            "state": row["state"],
            "version": row["version"],
            "offers": offers.get(str(row["referral_id"]), {}),
        }
        for row in await connection.fetch("select referral_id, state, version from referral.referral")
    }


def as_kept(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as JSON holds them."""
    return [{name: _plain(value) for name, value in dict(row).items()} for row in rows]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _state_file(name: str) -> Path:
    return FOLDER / f"{name}.state.json"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _line(event: KeptEvent) -> dict[str, Any]:
    one = event.logged
    return {
        "source": event.source,
        "position": one.position,
        "event_id": str(one.event_id),
        "topic": one.topic,
        "partition": one.partition,
        "key": str(one.key),
        "aggregate_id": str(one.aggregate_id),
        "type": one.type,
        "event_time": one.event_time.isoformat(),
        "payload": base64.b64encode(one.payload).decode(),
    }


def _event(line: Mapping[str, Any]) -> KeptEvent:
    return KeptEvent(
        line["source"],
        LoggedEvent(
            position=line["position"],
            event_id=UUID(line["event_id"]),
            topic=line["topic"],
            partition=line["partition"],
            key=UUID(line["key"]),
            aggregate_id=UUID(line["aggregate_id"]),
            type=line["type"],
            event_time=datetime.fromisoformat(line["event_time"]),
            payload=base64.b64decode(line["payload"]),
            traceparent=None,
            tracestate=None,
        ),
    )


def _state(state: Mapping[str, Any]) -> str:
    """A line for each part: large enough to be searched, small enough to be kept."""
    parts = (
        f"{json.dumps(name)}: {json.dumps(part, sort_keys=True)}" for name, part in sorted(state.items())
    )
    return "{\n" + ",\n".join(parts) + "\n}\n"
