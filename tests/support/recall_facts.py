"""Facts about recalls as intake tells them, for tests of whoever reads them."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from chassis.caller import Caller
from chassis.events import IncomingEvent
from kernel.ids import AgencyId, ReferralId, ordered_id
from services.intake.adapters.event_codec import encode
from services.intake.domain.recall_events import RecallAcknowledged, RecallFact, RecallOpened, RecallOverdue
from tests.support.referral_facts import A_TIME, AGENCY, SENDER, received

DUE_TIME: Final = A_TIME + timedelta(hours=72)


def recall_facts(
    referral_id: UUID, agency_id: UUID = AGENCY, sender: UUID = SENDER
) -> tuple[RecallOpened, RecallOverdue, RecallAcknowledged]:
    """All that can be told of one recall, in its order."""
    recall_id, referral = uuid4(), ReferralId(referral_id)
    agency, desk = AgencyId(agency_id), AgencyId(sender)
    return (
        RecallOpened(recall_id, referral, agency, desk, "WITHDRAWN", 0b0111, DUE_TIME),
        RecallOverdue(recall_id, referral, agency, desk, DUE_TIME),
        RecallAcknowledged(recall_id, referral, agency, desk, 0b0110, 0b0001, "LEGAL_OBLIGATION", version=3),
    )


def incoming_from_intake(
    fact: RecallFact | object, position: int = 1, event_time: datetime = A_TIME
) -> IncomingEvent:
    """A fact of intake as a stream hands it to its reader."""
    return received(encode(fact, Caller.of_service("intake"), event_time, ordered_id()), "intake", position)
