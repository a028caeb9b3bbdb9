"""The history of a referral or a person, as an auditor follows it: what belongs to it, and in which stage."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class Stage(StrEnum):
    """Where in a history an entry stands."""

    CONSENT = "CONSENT"
    NEED = "NEED"
    MATCH = "MATCH"
    OFFER = "OFFER"
    ANSWER = "ANSWER"
    DISCLOSURE = "DISCLOSURE"
    RECALL = "RECALL"
    SERVICE = "SERVICE"
    OUTCOME = "OUTCOME"
    RIGHT = "RIGHT"
    READ = "READ"
    OTHER = "OTHER"


_KINDS: Final = {
    Stage.CONSENT: (
        *("ConsentRecorded", "ConsentWithdrawn", "ConsentStateRecorded"),
        *("ConsentFrozen", "ConsentFreezeLifted"),
    ),
    Stage.NEED: ("NeedRecorded", "NeedWithdrawn"),
    Stage.MATCH: (
        *("ReferralAwaitingPerson", "ReferralUnmatched", "ReferralRematched", "ReferralWaitlisted"),
        *("GapRecorded", "PersonClockEnded"),
    ),
    Stage.OFFER: (
        *("ReferralOffered", "OfferExpired", "OfferRevoked", "OfferReminderDue", "OfferUnacknowledged"),
        *("InformationProvided", "WaitingEnded"),
    ),
    Stage.ANSWER: (
        *("ReferralAccepted", "ReferralReturned", "OfferDeclined", "OfferAcknowledged", "OfferWaitlisted"),
        "InformationRequested",
    ),
    Stage.DISCLOSURE: (
        *("DisclosureGiven", "DisclosureRefused", "HandoverRecorded", "EmergencyDisclosureGiven"),
        *("EmergencyAccessRequested", "EmergencyAccessDecided", "EmergencyReviewed", "AuthorityNotified"),
        *("CompelledRequestRegistered", "CompelledRequestDecided", "CompelledDisclosureGiven"),
    ),
    Stage.RECALL: ("RecallOpened", "RecallAcknowledged", "RecallOverdue"),
    Stage.SERVICE: ("ServiceStarted",),
    Stage.OUTCOME: (
        *("ReferralCompleted", "ReferralNotCompleted", "ReferralWithdrawn", "ReferralCancelled"),
        "ReferralEnteredInError",
    ),
    Stage.RIGHT: (
        *("RightsRequestRegistered", "RightsRequestExtended", "RightsRequestAnswered"),
        *("RightsProtectionDecided", "RightsExportGiven", "RightsErasureDone"),
        *("ComplaintRegistered", "ComplaintAnswered"),
    ),
    Stage.READ: ("AccessRecorded",),
}
STAGES: Final[Mapping[str, Stage]] = MappingProxyType(
    {kind: stage for stage, kinds in _KINDS.items() for kind in kinds}
)
"""By the kind of an entry; what is not here is OTHER."""

OF_A_REFERRAL: Final = frozenset({"consent_id", "consent_ids"})
"""What an entry of a referral names that has a history of its own which belongs to the referral's."""
OF_A_PERSON: Final = OF_A_REFERRAL | {"referral_id"}
"""Likewise of a person."""


def named(body: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    """The ids that an entry's fact gives under these names. Of an access only the ids it read are known, and
    those are whoever was read, not what belongs to it.
    """
    fact = body["fact"] or {}
    for name in names:
        value = fact.get(name) or []
        yield from [value] if isinstance(value, str) else value
