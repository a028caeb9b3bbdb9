"""A consent record: which notice was read or heard, by whom, how it was said, and what was agreed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kernel.codes import language, purpose
from kernel.errors import Invalid
from kernel.vocabulary import LegalBasis
from services.intake.domain.cells import Grant, GrantEffect

RECORD_SCHEMA: Final = "kem-consent/1"
"""Fields after W3C DPV's guide to ISO/IEC TS 27560; the shape a stored record was written in."""

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far a worker's clock may be ahead of the database's."""


class ConsentMethod(StrEnum):
    WRITTEN = "WRITTEN"
    VERBAL_WITNESSED = "VERBAL_WITNESSED"
    THUMBPRINT = "THUMBPRINT"
    RECORDED = "RECORDED"


class ConsentGiver(StrEnum):
    SELF = "SELF"
    PARENT = "PARENT"
    GUARDIAN = "GUARDIAN"
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"


NEEDS_AUTHORITY: Final = frozenset({ConsentGiver.GUARDIAN, ConsentGiver.LEGAL_REPRESENTATIVE})
"""Whoever speaks for somebody else without being a parent names the act that allows it (Law 4960/2022)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """The exact text: version, language (BCP 47) and SHA-256."""

    version: str
    language: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What was agreed and how. `happened_time` is when it was said, where that was before it was entered."""

    notice: Notice
    spoken_language: str
    method: ConsentMethod
    given_by: ConsentGiver
    authority_reference: str
    with_interpreter: bool
    read_aloud: bool
    understanding_checked: bool
    child_assents: bool
    grants: tuple[Grant, ...]
    valid_from_time: datetime
    valid_until_time: datetime
    happened_time: datetime | None = None


def check_record(record: ConsentRecord, now: datetime) -> None:
    """Refuses a record that could not stand: nothing is guessed and nothing is repaired.

    Category codes are checked where they become bits.

    Raises:
        Invalid: UNKNOWN_CODE, CONSENT_PERIOD_INVALID, CONSENT_PERIOD_TOO_LONG, CONSENT_ALREADY_ENDED,
            HAPPENED_IN_FUTURE, AUTHORITY_REFERENCE_MISSING, BASIS_NOT_CONSENT, SAFETY_IS_A_DENIAL.
    """
    language(record.spoken_language)
    for grant in record.grants:
        purpose(grant.purpose)
        if grant.effect is GrantEffect.PERMIT and grant.legal_basis is not LegalBasis.CONSENT:
            # a withdrawal closes what rests on consent only, so nothing else may come in by this door
            raise Invalid(
                "What a person agrees to rests on consent; another legal basis is not theirs to give.",
                reason="BASIS_NOT_CONSENT",
            )
        if grant.is_safety_critical and grant.effect is not GrantEffect.DENY:
            raise Invalid(
                "Only a denial can be one on which somebody's safety hangs.", reason="SAFETY_IS_A_DENIAL"
            )
    if record.valid_until_time <= record.valid_from_time:
        raise Invalid("Consent must end after it begins.", reason="CONSENT_PERIOD_INVALID")
    if record.valid_from_time > twelve_months_after(now):
        raise Invalid("Consent must begin within the next 12 months.", reason="CONSENT_PERIOD_INVALID")
    if record.valid_until_time > twelve_months_after(record.valid_from_time):
        raise Invalid("Consent may last 12 months at most.", reason="CONSENT_PERIOD_TOO_LONG")
    if record.valid_until_time <= now:
        raise Invalid("This consent has already ended; ask the person again.", reason="CONSENT_ALREADY_ENDED")
    check_happened(record.happened_time, now)
    if record.given_by in NEEDS_AUTHORITY and not record.authority_reference.strip():
        raise Invalid(
            "Name the act by which a guardian or representative may decide for the person.",
            reason="AUTHORITY_REFERENCE_MISSING",
        )


def check_happened(happened_time: datetime | None, now: datetime) -> None:
    """Raises Invalid, HAPPENED_IN_FUTURE, for something that cannot have been said yet."""
    if happened_time is not None and happened_time > now + CLOCK_TOLERANCE:
        raise Invalid("What is recorded cannot have happened in the future.", reason="HAPPENED_IN_FUTURE")


def twelve_months_after(instant: datetime) -> datetime:
    """The same day and time of the next year; 28 February where that year has no 29th."""
    try:
        return instant.replace(year=instant.year + 1)
    except ValueError:
        return instant.replace(year=instant.year + 1, day=28)
