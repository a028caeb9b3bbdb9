"""A delivery: a short sign that something waits, or a checkpoint of the ledger. Nothing about a person."""

from dataclasses import dataclass
from datetime import datetime

from kernel.ids import DeliveryId, EventId, OfferId, RecipientId, ReferralId, ServiceId
from kernel.vocabulary import Urgency
from services.notifications.domain.recipient import Recipient


@dataclass(frozen=True, slots=True)
class Sign:
    """What a delivery says, the same for everybody who is told.

    Args:
        kind: the name of the fact, like `ReferralOffered`.
        referral_id: None where it brings a checkpoint, and for officers.
        service_id: None when the service is restricted, or where there is none.
        urgency: only with an offer, and EMERGENCY where somebody has to decide at once.
        respond_by_time: only with an offer or a recall that waits for an answer.
        checkpoint_note: the signed checkpoint that it brings, for its reader to keep.
    """

    kind: str
    event_id: EventId
    event_time: datetime
    referral_id: ReferralId | None = None
    offer_id: OfferId | None = None
    service_id: ServiceId | None = None
    urgency: Urgency | None = None
    respond_by_time: datetime | None = None
    checkpoint_note: str | None = None

    def without_case(self) -> "Sign":
        """That something has happened, how urgent it is, and nothing by which a case could be found."""
        return Sign(self.kind, self.event_id, self.event_time, urgency=self.urgency)


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """Something a recipient is to be told, before it has its place in the inbox."""

    recipient: Recipient
    sign: Sign


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery in its place: sequences of a recipient are 1, 2, 3 … without a gap."""

    delivery_id: DeliveryId
    recipient_id: RecipientId
    sequence: int
    sign: Sign
