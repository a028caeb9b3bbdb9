"""What a service gives to a stream: the contract of both runners, Faust's and the plain one."""

from collections.abc import Sequence
from typing import Any, Final, Protocol
from uuid import UUID

from chassis.events import IncomingEvent
from chassis.postgres import Transaction

NEWER_THAN_READER: Final = "NEWER_THAN_READER"
MALFORMED: Final = "MALFORMED"
HANDLER_FAILED: Final = "HANDLER_FAILED"


class BatchReader(Protocol):
    """Acts on events in batches. Both steps may be called again for the same events until a commit."""

    async def prepare(self, events: list[IncomingEvent]) -> Any:
        """Asks other services what the batch needs, outside any transaction; may cover events seen before.

        Raises:
            Unavailable: a service is away; the batch is tried again in place, nothing is guessed.
            PoisonEvent, NewerThanReader: this one event cannot be read.
        """

    async def apply(self, tx: Transaction, events: list[IncomingEvent], prepared: Any) -> None:
        """Acts in the batch's one transaction; `events` are new to this consumer and in order.

        Raises:
            PoisonEvent, NewerThanReader: this one event cannot be taken; the rest is run again without it.
        """


class PoisonEvent(Exception):
    """One event can never be taken; it goes to dead letters and the batch is run again without it.

    Args:
        event_id: which one of the batch.
        reason: a code, without anything of the event's content.
    """

    def __init__(self, event_id: UUID, reason: str) -> None:
        super().__init__(reason)
        self.event_id = event_id
        self.reason = reason


class NewerThanReader(PoisonEvent):
    """An event that this version cannot read yet; it is parked and redriven when a worker starts."""

    def __init__(self, event_id: UUID) -> None:
        super().__init__(event_id, NEWER_THAN_READER)


class StreamFailed(Exception):
    """Nothing can be taken until somebody mends the installation; the process must end without acking."""


def known_fact(event_id: UUID, envelope: Any, oneof: str = "fact") -> str:
    """The name of the fact that is set in a topic's envelope message.

    Raises:
        NewerThanReader: none that this version knows is set.
    """
    name: str | None = envelope.WhichOneof(oneof)
    if name is None:
        raise NewerThanReader(event_id)
    return name


def only_once(events: Sequence[IncomingEvent]) -> list[IncomingEvent]:
    """The events in their order, each id once."""
    return list({event.event_id: event for event in events}.values())
