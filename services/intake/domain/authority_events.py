"""Facts about authorities; told on kem.disclosure.v1 under the agency that told or registered."""

from dataclasses import dataclass
from uuid import UUID

from kernel.ids import AgencyId, DisclosureId


@dataclass(frozen=True, slots=True)
class AuthorityNotified:
    """An authority was told something; which one would tell about the person."""

    authority_notification_id: UUID
    agency_id: AgencyId
    is_person_told: bool
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CompelledRequestRegistered:
    """An authority asks for somebody's data; refused unless it is decided otherwise."""

    compelled_request_id: UUID
    agency_id: AgencyId
    asked_mask: int
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CompelledRequestDecided:
    """`allowed_mask` is 0 where it stays refused; `may_be_told`: the person of what was given."""

    compelled_request_id: UUID
    agency_id: AgencyId
    allowed_mask: int
    request_id: UUID | None = None
    may_be_told: bool = False


@dataclass(frozen=True, slots=True)
class CompelledTellingDecided:
    """It was decided anew whether the person may be told; `sequence` counts from the first decision, 1."""

    compelled_request_id: UUID
    agency_id: AgencyId
    sequence: int
    may_be_told: bool
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CompelledDisclosureGiven:
    """Fields were given for an authority."""

    disclosure_id: DisclosureId
    compelled_request_id: UUID
    agency_id: AgencyId
    asked_mask: int
    given_mask: int
    request_id: UUID | None = None


AuthorityFact = (
    AuthorityNotified
    | CompelledRequestRegistered
    | CompelledRequestDecided
    | CompelledTellingDecided
    | CompelledDisclosureGiven
)
