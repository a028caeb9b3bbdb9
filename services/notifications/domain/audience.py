"""Who is told of what. The sender's desk hears of every change, an agency of what touches its queue, every
agency of the ledger's checkpoints, and the hub's own officers that something waits for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from kernel.ids import AgencyId
from services.notifications.domain.delivery import DueDelivery, Sign
from services.notifications.domain.recipient import OFFICERS, Inbox, Recipient

_AGENCY: Final = (Inbox.AGENCY,)
_DESK: Final = (Inbox.DESK,)
_BOTH: Final = (Inbox.AGENCY, Inbox.DESK)
_DPO: Final = (Inbox.DPO,)
_OFFICERS: Final = (Inbox.DPO, Inbox.SAFEGUARDING)

AUDIENCES: Final[Mapping[str, tuple[Inbox, ...]]] = MappingProxyType(
    {
        "ReferralAwaitingPerson": _DESK,
        "ReferralOffered": _BOTH,
        # where an agency put the person on its list it hears by OfferWaitlisted
        "ReferralWaitlisted": _DESK,
        "ReferralUnmatched": _DESK,
        "ReferralRematched": _DESK,
        # an agency's own answers go to its inbox too: its other people's screens must drop the offer
        "ReferralAccepted": _BOTH,
        "ReferralReturned": _BOTH,
        # reported by the agency itself, and nothing waits for a colleague
        "ServiceStarted": _DESK,
        "ReferralCompleted": _DESK,
        "ReferralNotCompleted": _DESK,
        "ReferralWithdrawn": _BOTH,
        "ReferralCancelled": _BOTH,
        "ReferralEnteredInError": _BOTH,
        "OfferDeclined": _BOTH,
        "OfferExpired": _BOTH,
        "OfferRevoked": _BOTH,
        "OfferAcknowledged": _DESK,
        "InformationRequested": _BOTH,
        "InformationProvided": _BOTH,
        "OfferReminderDue": _BOTH,
        "OfferWaitlisted": _BOTH,
        "OfferUnacknowledged": _BOTH,
        # the desk hears by what came instead
        "WaitingEnded": _AGENCY,
        "GapRecorded": _DESK,
        "PersonClockEnded": _DESK,
        # an answer goes to the agency too: its other people's screens must drop the recall
        "RecallOpened": _BOTH,
        "RecallOverdue": (*_BOTH, Inbox.DPO),
        "RecallAcknowledged": _BOTH,
        # to be decided on
        "EmergencyAccessRequested": _DPO,
        # to be reviewed: what was allowed, and what was told by telephone to save a life
        "EmergencyAccessDecided": _OFFICERS,
        "HandoverRecorded": _OFFICERS,
        "RightsRequestRegistered": _DPO,
        "ComplaintRegistered": _OFFICERS,
        # seen by the clock of this service: see domain/deadline.py
        "RightsRequestDueSoon": _DPO,
        "RightsRequestOverdue": _DPO,
        "ComplaintOverdue": _OFFICERS,
    }
)
"""By the name of the fact. A fact that is not here stops the stream's tests, never silently the telling."""


@dataclass(frozen=True, slots=True)
class ReferralFact:
    """A fact about a referral, with whom it concerns.

    Args:
        sender_agency_id: the desk that sent it, which is the one that registered the person.
        agency_id: the agency that was asked, holds the referral, or was given something for it; None where no
            agency is concerned.
    """

    sign: Sign
    sender_agency_id: AgencyId
    agency_id: AgencyId | None


@dataclass(frozen=True, slots=True)
class ForEveryAgency:
    """A fact that concerns all of them alike."""

    sign: Sign


@dataclass(frozen=True, slots=True)
class ForOfficers:
    """Something waits for officers of the hub itself."""

    sign: Sign


Fact = ReferralFact | ForEveryAgency | ForOfficers


def deliveries_due(fact: Fact, agencies: Iterable[AgencyId] = ()) -> tuple[DueDelivery, ...]:
    """What is to be delivered: at most one delivery for each inbox concerned.

    An agency that refers to itself hears twice, in two inboxes: another colleague may sit at each. Officers
    are told that there is something, and not of which referral.

    Args:
        agencies: everybody who is told of what concerns all.
    """
    if isinstance(fact, ForEveryAgency):
        return tuple(DueDelivery(Recipient(Inbox.AGENCY, agency), fact.sign) for agency in agencies)
    inboxes = AUDIENCES[fact.sign.kind]
    bare = fact.sign.without_case()
    for_officers = [DueDelivery(Recipient(inbox, None), bare) for inbox in inboxes if inbox in OFFICERS]
    if isinstance(fact, ForOfficers):
        return tuple(for_officers)
    agencies_of = {Inbox.DESK: fact.sender_agency_id, Inbox.AGENCY: fact.agency_id}
    due = [
        DueDelivery(Recipient(inbox, agency_id), fact.sign)
        for inbox in inboxes
        if (agency_id := agencies_of.get(inbox)) is not None
    ]
    return (*due, *for_officers)
