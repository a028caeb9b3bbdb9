"""Facts of the directory in full; the codec leaves out whatever would name a restricted service."""

from dataclasses import dataclass
from uuid import UUID

from kernel.ids import ActivityId, AgencyId, ServiceId, UnitId


@dataclass(frozen=True, slots=True)
class AgencySaved:
    agency_id: AgencyId
    version: int


@dataclass(frozen=True, slots=True)
class ServiceSaved:
    agency_id: AgencyId
    service_id: ServiceId
    service_type: str
    version: int


@dataclass(frozen=True, slots=True)
class ServiceSuspended:
    agency_id: AgencyId
    service_id: ServiceId
    service_type: str
    version: int


@dataclass(frozen=True, slots=True)
class ServiceResumed:
    agency_id: AgencyId
    service_id: ServiceId
    service_type: str
    version: int


@dataclass(frozen=True, slots=True)
class ActivitySaved:
    agency_id: AgencyId
    service_id: ServiceId
    service_type: str
    activity_id: ActivityId
    version: int


@dataclass(frozen=True, slots=True)
class CapacityDeclared:
    """`places` is None when unlimited; `version` counts the declarations of the unit."""

    agency_id: AgencyId
    service_id: ServiceId
    service_type: str
    unit_id: UnitId
    places: int | None
    version: int


@dataclass(frozen=True, slots=True)
class CapacityQuestioned:
    """The agency is asked to declare anew; `version` counts the times that the unit was questioned."""

    agency_id: AgencyId
    service_id: ServiceId
    service_type: str
    unit_id: UnitId
    version: int


@dataclass(frozen=True, slots=True)
class NeededCategoriesSet:
    """Keyed by the agency of the officer who set it; `version` counts what was set for the type.

    It names a restricted type too: an entry of the public code list, no service and nobody who needs one.
    """

    agency_id: UUID
    service_type: str
    mask: int
    version: int


DirectoryFact = (
    AgencySaved
    | ServiceSaved
    | ServiceSuspended
    | ServiceResumed
    | ActivitySaved
    | CapacityDeclared
    | CapacityQuestioned
    | NeededCategoriesSet
)
