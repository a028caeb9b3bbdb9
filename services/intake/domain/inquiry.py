"""What an auditor is answered of people and of consents: no more than the question needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from kernel.ids import BeneficiaryId, ConsentId
from services.intake.domain.authority import RecordedNotification
from services.intake.domain.consent import ConsentGiver, InterpreterMode


class ConsentView(StrEnum):
    """Which consents are looked at."""

    CHILDREN = "CHILDREN"
    INTERPRETED = "INTERPRETED"


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A consent by the text under which it was given; `notice_sha256` in hexadecimal."""

    consent_id: str
    notice_version: str
    notice_language: str
    notice_sha256: str
    spoken_language: str
    given_time: datetime


@dataclass(frozen=True, slots=True)
class PersonDisclosure:
    """One time that something of a person was given.

    Args:
        kind: a code of the row; `agency_id` is None where it was an authority or the person.
        purpose: empty where the service is restricted.
    """

    disclosure_id: UUID
    kind: str
    disclosed_time: datetime
    agency_id: UUID | None
    told_by_agency_id: UUID | None
    principal_id: UUID
    acting_person: str
    referral_id: UUID | None
    purpose: str
    legal_bases: Sequence[str]
    texts: Sequence[ConsentText]


@dataclass(frozen=True, slots=True)
class StoredConsent:
    """A consent as it lies in its table, as far as an auditor asks for it.

    Args:
        categories: bits of all its lines together.
        interpreter_has_signed: None where that was not kept.
    """

    consent_id: ConsentId
    beneficiary_id: BeneficiaryId
    record_schema: str
    obtained_by_agency_id: UUID
    obtained_by_id: UUID
    given_time: datetime
    recorded_time: datetime
    notice_version: str
    spoken_language: str
    categories: int
    given_by: ConsentGiver
    authority_expires_date: date | None
    evidence_sha256: bytes | None
    lacks_authority: bool
    age_band: str
    child_assents: bool
    interpreter_mode: InterpreterMode | None
    interpreter_has_signed: bool | None
    sealed_details: bytes | None


@dataclass(frozen=True, slots=True)
class InspectedConsent:
    """A consent with the one reference that the view asks for, and what authorities were told of the person.

    Args:
        reference: of the act that lets somebody decide for a child, or of the interpreter.
        sealed_is_gone: the reference cannot be read any more.
    """

    consent: StoredConsent
    reference: str
    sealed_is_gone: bool
    notifications: Sequence[RecordedNotification] = ()
