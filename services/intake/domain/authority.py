"""Authorities: what the law obliges somebody to tell them, and what they ask for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kernel.errors import Invalid, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.domain.consent_rules import CLOCK_TOLERANCE


class Authority(StrEnum):
    """Who is told, or asks."""

    POLICE = "POLICE"
    PUBLIC_PROSECUTOR = "PUBLIC_PROSECUTOR"
    COURT = "COURT"
    CHILD_PROTECTION_SERVICE = "CHILD_PROTECTION_SERVICE"
    PUBLIC_HEALTH_SERVICE = "PUBLIC_HEALTH_SERVICE"
    ASYLUM_SERVICE = "ASYLUM_SERVICE"
    MINISTRY = "MINISTRY"
    OTHER_AUTHORITY = "OTHER_AUTHORITY"


class NotToldReason(StrEnum):
    """Why the person was not told that an authority was."""

    DANGER = "DANGER"
    FORBIDDEN = "FORBIDDEN"
    NOT_REACHED = "NOT_REACHED"


class RequestState(StrEnum):
    """Where an authority's request stands: refused, unless a data protection officer has allowed it."""

    REFUSED = "REFUSED"
    ALLOWED = "ALLOWED"


@dataclass(frozen=True, slots=True)
class Notification:
    """What was told to an authority, as it is reported; either the person was told, or there is a reason."""

    beneficiary_id: BeneficiaryId
    authority: Authority
    legal_reference: str
    protocol_number: str
    told_mask: int
    decided_by_id: UUID
    person_told_time: datetime | None
    not_told_reason: NotToldReason | None
    happened_time: datetime


@dataclass(frozen=True, slots=True)
class RecordedNotification:
    """One that stands on record."""

    authority_notification_id: UUID
    agency_id: AgencyId
    notification: Notification
    sealed_words: bytes
    recorded_time: datetime


@dataclass(frozen=True, slots=True)
class CompelledRequest:
    """What an authority asks for; `decided_time` is None where nobody has decided, so that it is refused."""

    compelled_request_id: UUID
    beneficiary_id: BeneficiaryId
    agency_id: AgencyId
    authority: Authority
    legal_reference: str
    protocol_number: str
    asked_mask: int
    sealed_words: bytes
    received_time: datetime
    registered_time: datetime
    state: RequestState = RequestState.REFUSED
    allowed_mask: int = 0
    decided_time: datetime | None = None

    def check_decision(self, allowed_mask: int) -> None:
        """Lets a decision pass.

        Raises:
            RuleBroken: ALREADY_DECIDED.
            Invalid: NOT_ASKED_FOR.
        """
        if self.decided_time is not None:
            raise RuleBroken(
                "A data protection officer has decided on this already.", reason="ALREADY_DECIDED"
            )
        if allowed_mask & ~self.asked_mask:
            raise Invalid("An authority is given no more than it asks for.", reason="NOT_ASKED_FOR")

    def check_allowed(self) -> None:
        """Lets a disclosure pass.

        Raises:
            RuleBroken: COMPELLED_REQUEST_REFUSED.
        """
        if self.state is not RequestState.ALLOWED:
            raise RuleBroken(
                "This request is refused: no data protection officer has decided that the authority is given"
                " anything.",
                reason="COMPELLED_REQUEST_REFUSED",
            )


def check_notification(notification: Notification, now: datetime) -> datetime:
    """When the authority was told; a clock that is a little ahead is taken for now.

    Raises:
        Invalid: HAPPENED_IN_FUTURE, PERSON_TOLD_OR_NOT.
    """
    if (notification.person_told_time is None) is (notification.not_told_reason is None):
        raise Invalid(
            "Say either when the person was told, or why they were not.", reason="PERSON_TOLD_OR_NOT"
        )
    told_time = notification.person_told_time
    if told_time is not None and told_time > now + CLOCK_TOLERANCE:
        raise Invalid("The person cannot have been told in the future.", reason="HAPPENED_IN_FUTURE")
    return not_later(notification.happened_time, now)


def not_later(happened_time: datetime, now: datetime) -> datetime:
    """The time of something reported; a clock that is a little ahead is taken for now.

    Raises:
        Invalid: HAPPENED_IN_FUTURE.
    """
    if happened_time > now + CLOCK_TOLERANCE:
        raise Invalid("This cannot have happened in the future.", reason="HAPPENED_IN_FUTURE")
    return min(happened_time, now)
