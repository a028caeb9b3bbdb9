"""What it means that a client says it has something."""

from dataclasses import dataclass

from kernel.errors import RuleBroken
from kernel.ids import OfferId, RecipientId


@dataclass(frozen=True, slots=True)
class DeliveriesAcknowledged:
    """A run of deliveries has arrived: a fact for others, among them who sets an offer's delivered time.

    Args:
        offer_ids: offers made in the run to this agency; a desk is never made an offer.
        recipient_version: how many such facts there have been about the recipient, this one included.
    """

    recipient_id: RecipientId
    from_sequence: int
    to_sequence: int
    offer_ids: tuple[OfferId, ...]
    recipient_version: int


class SequenceNotKnown(RuleBroken):
    """A client speaks of deliveries that were never made: its cursor belongs to another inbox or time."""

    reason = "SEQUENCE_NOT_KNOWN"

    def __init__(self, sequence: int, last_sequence: int) -> None:
        super().__init__(
            f"This inbox ends at {last_sequence}; {sequence} was never delivered. Start again from 0.",
            last_sequence=str(last_sequence),
        )


def require_known(sequence: int, last_sequence: int) -> None:
    """Refuses a sequence that lies beyond the end of the inbox.

    Raises:
        SequenceNotKnown: it does.
    """
    if sequence > last_sequence:
        raise SequenceNotKnown(sequence, last_sequence)
