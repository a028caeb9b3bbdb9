"""A consent that was given, line by line, and what has become of it by now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from services.intake.domain.cells import Grant, GrantEffect
from services.intake.domain.consent import ConsentAnswer, ConsentEnding, ConsentGiver, ConsentMethod


class ConsentState(StrEnum):
    """What has become of a consent, or of a line of it; what closed a line is named as its consent event."""

    NOT_YET = "NOT_YET"
    IN_FORCE = "IN_FORCE"
    FROZEN = "FROZEN"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    TERMINATED = "TERMINATED"
    INVALIDATED = "INVALIDATED"
    OBJECTED = "OBJECTED"
    DENIAL_LIFTED = "DENIAL_LIFTED"


@dataclass(frozen=True, slots=True)
class GivenGrant:
    """A line as it was given, and when and by what it was closed; None where nothing has closed it."""

    grant: Grant
    closed_time: datetime | None = None
    closed_as: ConsentState | None = None


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What neither gave nor took consent, and when it was said; about all where `agency_id` is None."""

    answer: ConsentAnswer
    agency_id: AgencyId | None
    happened_time: datetime
    recorded_time: datetime


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """A consent as its record says it.

    Args:
        beneficiary_id: of the record on which it stands.
        ended_as: how the hub has ended it, where it has.
    """

    consent_id: ConsentId
    beneficiary_id: BeneficiaryId
    given_by: ConsentGiver
    method: ConsentMethod
    notice_version: str
    notice_language: str
    spoken_language: str
    happened_time: datetime
    recorded_time: datetime
    valid_from_time: datetime
    valid_until_time: datetime
    renews_consent_id: ConsentId | None
    ended_as: ConsentEnding | None
    grants: Sequence[GivenGrant] = ()


def state_of_grant(
    consent: GivenConsent, line: GivenGrant, now: datetime, *, is_frozen: bool
) -> ConsentState:
    """What has become of one line. A freeze holds back what is permitted; what is denied stays denied.

    Args:
        is_frozen: whether nothing is given on the person's consent for now.
    """
    if line.closed_as is not None:
        return line.closed_as
    if consent.valid_until_time <= now:
        return ConsentState.EXPIRED
    if now < consent.valid_from_time:
        return ConsentState.NOT_YET
    if is_frozen and line.grant.effect is GrantEffect.PERMIT:
        return ConsentState.FROZEN
    return ConsentState.IN_FORCE


def state_of(consent: GivenConsent, now: datetime, *, is_frozen: bool) -> ConsentState:
    """What has become of the consent: of what it permits, or of what it denies where it permits nothing.

    It is taken back only once nothing of that is left: where some agencies' lines were taken back, the
    others' say how it stands.
    """
    if consent.ended_as is not None:
        return ConsentState(consent.ended_as)
    permits = [line for line in consent.grants if line.grant.effect is GrantEffect.PERMIT]
    lines = permits or consent.grants
    left = next((line for line in lines if line.closed_time is None), None)
    telling = left or max(lines, key=lambda line: line.closed_time or consent.recorded_time)
    return state_of_grant(consent, telling, now, is_frozen=is_frozen)
