"""The history of a referral or a person, as an auditor follows it: what belongs to it, and in which stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID


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
    Stage.SERVICE: ("ServiceStarted", "ContactAttempted"),
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


@dataclass(frozen=True, slots=True)
class Follow:
    """What belongs to a history though its entries do not name whose it is.

    Args:
        kinds: the entries of the history that name it.
        name: under which name of their facts.
        only: the kinds of its entries that belong to this history; None: all.
    """

    kinds: tuple[str, ...]
    name: str
    only: tuple[str, ...] | None = None

    def named(self, body: Mapping[str, Any]) -> list[UUID]:
        """The ids that one of these entries gives."""
        value = (body["fact"] or {}).get(self.name) or []
        return [UUID(one) for one in ([value] if isinstance(value, str) else value)]


OF_A_REFERRAL: Final = Follow(("DisclosureGiven", "HandoverRecorded"), "consent_ids", _KINDS[Stage.CONSENT])
"""The consents that its disclosures rest on, and not what else rests on them: that is of another need."""
OF_A_PERSON: Final = Follow(("NeedRecorded",), "referral_id")
"""Everything of the referrals of their needs."""
