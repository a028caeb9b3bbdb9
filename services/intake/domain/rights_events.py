"""Facts about what people ask by right; told on kem.disclosure.v1 under the agency that registered it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.ids import AgencyId, DisclosureId


@dataclass(frozen=True, slots=True)
class RightsRequestRegistered:
    """Somebody asks for a right; which one would tell about the person."""

    rights_request_id: UUID
    agency_id: AgencyId
    due_time: datetime
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RightsRequestExtended:
    """There are two months more; `version` is the request's."""

    rights_request_id: UUID
    version: int
    agency_id: AgencyId
    due_time: datetime
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RightsRequestAnswered:
    """The person was answered; `version` is the request's: it is the last that is told of it."""

    rights_request_id: UUID
    version: int
    agency_id: AgencyId
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RightsProtectionDecided:
    """It was decided what somebody other than the person gets to see; `version` is the request's."""

    rights_request_id: UUID
    version: int
    agency_id: AgencyId
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RightsExportGiven:
    """A person, or who asked for them, was given what is held about them."""

    disclosure_id: DisclosureId
    rights_request_id: UUID
    agency_id: AgencyId
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RightsErasureDone:
    """A person was erased by their request; `sha256` is the certificate's."""

    certificate_id: UUID
    rights_request_id: UUID
    agency_id: AgencyId
    sha256: bytes
    request_id: UUID | None = None
