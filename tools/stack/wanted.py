"""Which events a replay is to send, and how a command tells the supervisor."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from tools.stack.layout import Layout, write_secret

Tell = Callable[[int, int], None]
"""Told now and then how many events were sent, of how many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whatever a consumer may lack, and more where that is asked for.

    Args:
        from_position: from here on in each source's log, whoever has seen it.
        since_time: the same, from the first event that happened then or later (UTC).
        topics: only these; None for all.
        ask_id: by whom it was asked, so that the one who asked knows the answer; empty where nobody did.
    """

    from_position: int | None = None
    since_time: datetime | None = None
    topics: frozenset[str] | None = None
    ask_id: str = ""

    def covers(self, topic: str) -> bool:
        """Whether events of the topic are sent."""
        return self.topics is None or topic in self.topics

    def also(self, topics: Iterable[str]) -> "Wanted":
        """The same, and these topics: what has just been made is empty, whatever was asked for."""
        return self if self.topics is None else replace(self, topics=self.topics | frozenset(topics))


LACKING: Final = Wanted()
"""What some consumer may lack: nothing else is needed after a loss."""


def leave_wanted(layout: Layout, wanted: Wanted) -> None:
    """Puts the wish where the supervisor looks when it is told to fill the broker."""
    said: dict[str, Any] = {
        "from_position": wanted.from_position,
        "since_time": wanted.since_time.isoformat() if wanted.since_time else None,
        "topics": sorted(wanted.topics) if wanted.topics is not None else None,
        "ask_id": wanted.ask_id,
    }
    write_secret(layout.wanted_file, json.dumps(said))


def take_wanted(layout: Layout) -> Wanted:
    """The wish that was left, once; `LACKING` where there is none."""
    try:
        said: dict[str, Any] = json.loads(layout.wanted_file.read_text())
        layout.wanted_file.unlink()
        return Wanted(
            from_position=said["from_position"],
            since_time=datetime.fromisoformat(said["since_time"]) if said["since_time"] else None,
            topics=frozenset(said["topics"]) if said["topics"] is not None else None,
            ask_id=said["ask_id"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return LACKING
