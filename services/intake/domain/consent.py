"""A consent record: which notice was read or heard, by whom, how it was said, and what was agreed."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from services.intake.domain.cells import Grant, GrantEffect

RECORD_SCHEMA: Final = "kem-consent/2"
"""Fields after W3C DPV's guide to ISO/IEC TS 27560; the shape a stored record was written in."""


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


class ConsentAnswer(StrEnum):
    """What neither gives nor takes consent, and is on record all the same."""

    REQUESTED = "REQUESTED"
    DEFERRED = "DEFERRED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class ConsentSaid:
    """Such an answer: about one agency, or about all where `agency_id` is None."""

    consent_event_id: UUID
    sequence: int
    beneficiary_id: BeneficiaryId
    answer: ConsentAnswer
    agency_id: AgencyId | None
    recorded_time: datetime


class ConsentEnding(StrEnum):
    """How the hub ends a consent: its purpose is over, or it should never have counted."""

    TERMINATED = "TERMINATED"
    INVALIDATED = "INVALIDATED"


OBJECTED: Final = "OBJECTED"
"""The state that an objection to what does not rest on consent has."""

DENIAL_LIFTED: Final = "DENIAL_LIFTED"
"""The state that the lifting of a denial by a child protection officer has."""

EXPIRED: Final = "EXPIRED"
"""The state of a consent that has ended by time alone."""


class InterpreterMode(StrEnum):
    IN_PERSON = "IN_PERSON"
    TELEPHONE = "TELEPHONE"
    VIDEO = "VIDEO"


NEEDS_WITNESS: Final = frozenset({ConsentMethod.VERBAL_WITNESSED, ConsentMethod.THUMBPRINT})


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Who interpreted: known to the agency by name or number, bound to secrecy, no relative and no child."""

    reference: str
    mode: InterpreterMode
    has_signed_confidentiality: bool
    is_related: bool
    is_of_full_age: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """The exact text: version, language (BCP 47) and SHA-256."""

    version: str
    language: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What was agreed and how.

    Args:
        authority_reference: the act by which somebody decides for the person; `authority_expires_date` is its
            last day.
        happened_time: when it was said, where that was before it was entered.
        witness: who heard it.
        safe_contact_rule: how the person may be told of what comes of it.
        evidence_sha256: of the signed paper or the recording.
        covers_family: given once for all members of a family.
    """

    notice: Notice
    spoken_language: str
    method: ConsentMethod
    given_by: ConsentGiver
    authority_reference: str
    read_aloud: bool
    understanding_checked: bool
    child_assents: bool
    grants: tuple[Grant, ...]
    valid_from_time: datetime
    valid_until_time: datetime
    happened_time: datetime | None = None
    interpreter: Interpreter | None = None
    witness: str = ""
    place: str = ""
    safe_contact_rule: str = ""
    evidence_sha256: bytes | None = None
    authority_expires_date: date | None = None
    covers_family: bool = False
    renews_consent_id: ConsentId | None = None

    @property
    def permits(self) -> bool:
        """Whether it opens anything; a record may consist of denials."""
        return any(grant.effect is GrantEffect.PERMIT for grant in self.grants)
