"""Takes a client's word that everything up to a sequence has arrived."""

from collections.abc import Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Final

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import RecipientId
from services.notifications.adapters.event_codec import encode_event
from services.notifications.adapters.postgres_acknowledgements import DeliveryRun, PostgresAcknowledgements
from services.notifications.domain.acknowledgement import (
    DeliveriesAcknowledged,
    SequenceNotKnown,
    require_known,
)
from services.notifications.domain.recipient import Inbox, Recipient

MOST_OFFERS: Final = 1_000
"""Of one fact: 38 bytes each, and an event must stay below 64 KiB."""


@dataclass(frozen=True, slots=True, eq=False)
class Acknowledgement:
    """A client's word, whose word it is, and the trace in which it came."""

    recipient: Recipient
    up_to: int
    caller: Caller
    context: Context = field(default_factory=copy_context)


async def acknowledge_deliveries(
    words: Sequence[Acknowledgement], tx: Transaction, acknowledgements: PostgresAcknowledgements
) -> list[int | SequenceNotKnown]:
    """Acknowledges, of each inbox, as much as one fact can tell; answers how far is acknowledged then.

    Repeat-safe: what was acknowledged before changes nothing and tells nobody.

    Args:
        words: each about another inbox.

    Returns:
        For each in turn a sequence, which may be less than was asked for: ask again for the rest. Or why
        nothing was acknowledged: the inbox ends before it.
    """
    locked = await acknowledgements.lock(tx, [word.recipient.recipient_id for word in words])
    runs: dict[Acknowledgement, DeliveryRun] = {}
    outcomes: dict[Acknowledgement, int | SequenceNotKnown] = {}
    for word in words:
        recipient_id = word.recipient.recipient_id
        marks = locked[recipient_id].marks
        outcomes[word] = marks.acknowledged_sequence
        try:
            require_known(word.up_to, marks.last_sequence)
        except SequenceNotKnown as unknown:
            outcomes[word] = unknown
        else:
            if word.up_to > marks.acknowledged_sequence:
                runs[word] = DeliveryRun(recipient_id, marks.acknowledged_sequence, word.up_to)
    of_agencies = [run for word, run in runs.items() if word.recipient.inbox is Inbox.AGENCY]
    offers = await acknowledgements.offers(tx, of_agencies, MOST_OFFERS + 1)
    reached: dict[RecipientId, int] = {}
    for word, run in runs.items():
        offered, up_to = offers.get(run.recipient_id, []), run.up_to
        if len(offered) > MOST_OFFERS:
            up_to = offered[MOST_OFFERS][0] - 1
        outcomes[word] = reached[run.recipient_id] = up_to
        inbox = locked[run.recipient_id]
        fact = DeliveriesAcknowledged(
            recipient_id=run.recipient_id,
            from_sequence=run.after_sequence + 1,
            to_sequence=up_to,
            offer_ids=tuple(offer_id for _, offer_id in offered[:MOST_OFFERS]),
            recipient_version=inbox.version + 1,
        )
        told = encode_event(fact, word.caller, inbox.locked_time or await tx.now())
        word.context.run(tx.publish, told)
    acknowledgements.advance(tx, reached)
    return [outcomes[word] for word in words]
