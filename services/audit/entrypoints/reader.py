"""Reads every topic in long windows, and enters what comes."""

from typing import Any, Final

from chassis.batch_reader import MALFORMED, PoisonEvent
from chassis.events import IncomingEvent
from chassis.postgres import Transaction
from chassis.topics import SOURCES, TOPICS
from services.audit.adapters.postgres_ledger import PostgresLedger
from services.audit.entrypoints.translate_events import told
from services.audit.use_cases.append_entries import append_entries

CONSUMER: Final = "audit"
WINDOW_SECONDS: Final = 0.4
BUSY_WINDOW_SECONDS: Final = 5.0
MOST_EVENTS: Final = 10_000
"""Nobody waits for an entry, and large batches cost least: at the broker (decision 0004) and on the disk.
What a busy hub tells within a window is one batch: each further one would ask the broker once more."""


class EveryEvent:
    """A BatchReader for `Service.project(CONSUMER, TOPICS, …)`."""

    def __init__(self, ledger: PostgresLedger) -> None:
        self._ledger = ledger

    async def prepare(self, events: list[IncomingEvent]) -> None:
        """Nothing to ask of anybody."""

    async def apply(self, tx: Transaction, events: list[IncomingEvent], prepared: Any) -> None:
        """Enters the batch, whatever its events hold.

        Raises:
            PoisonEvent: it is told by nobody who tells anything on its topic.
        """
        for event in events:
            if event.source not in SOURCES[event.topic]:
                raise PoisonEvent(event.event_id, MALFORMED)
        await append_entries(events, told, tx, self._ledger)


__all__ = ["BUSY_WINDOW_SECONDS", "CONSUMER", "MOST_EVENTS", "TOPICS", "WINDOW_SECONDS", "EveryEvent"]
