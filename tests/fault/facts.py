"""The facts that these tests tell: numbered per key, a few of them trouble for whoever reads them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from chassis.events import OutgoingEvent
from kernel.ids import ordered_id

TYPE: Final = "ThingHappened"

WORDS_ABOUT_A_PERSON: Final = "Layla Haddad, +30 690 0000000"
"""What an error's text may carry; it must not be found in dead letters or logs."""


HOLD: Final = 4711
"""A key of PostgreSQL's advisory locks."""


class Trouble(StrEnum):
    """What the fact does to its reader."""

    NONE = "NONE"
    STUMBLE = "STUMBLE"
    """The handler raises the first time that a process sees it."""
    POISON = "POISON"
    """The handler raises each time, with words about a person in the error."""
    HELD = "HELD"
    """The handler waits for as long as a test holds `HOLD`."""
    NEWER = "NEWER"
    """Written by a later version: only a reader of that version understands it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a client's own list: it was told that this fact is kept."""

    event_id: UUID
    key: UUID
    number: int
    """Counts up per key: the order that is promised."""
    trouble: Trouble = Trouble.NONE

    def outgoing(self, topic: str) -> OutgoingEvent:
        """As the outbox takes it."""
        content = {"number": self.number, "trouble": self.trouble}
        return OutgoingEvent(
            event_id=self.event_id,
            topic=topic,
            key=self.key,
            aggregate_id=self.key,
            aggregate_version=self.number,
            type=TYPE,
            event_time=datetime.now(UTC),
            payload=json.dumps(content).encode(),
        )


def numbered(keys: Iterable[UUID], each: int, after: int = 0) -> list[Fact]:
    """`each` facts per key, numbered on from `after`, the keys taking turns."""
    keys = list(keys)
    return [Fact(ordered_id(), key, number) for number in range(after + 1, after + each + 1) for key in keys]
