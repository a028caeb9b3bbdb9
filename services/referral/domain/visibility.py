"""Who may know of a service, and where it is. The same in every answer."""

from collections.abc import Set
from dataclasses import dataclass, replace
from uuid import UUID

from kernel.codes import Listing, LocationVisibility, Role
from services.referral.domain.directory import Location, Service

NAMED_STAFF_ROLES = frozenset(
    {
        Role.SUPERVISOR,
        Role.CHILD_PROTECTION_OFFICER,
        Role.GBV_FOCAL_POINT,
        Role.SAFEGUARDING_OFFICER,
        Role.DPO,
    }
)
"""Who finds services that are for named staff only."""
DIRECTORY_KEEPER_ROLES = frozenset({Role.OPERATOR, Role.DPO})
"""Who saves whatever agency's part of the directory."""

NOWHERE = Location(district="", latitude=0.0, longitude=0.0, address="", visibility=LocationVisibility.HIDDEN)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who asks the directory."""

    agency_id: UUID | None
    roles: Set[str]

    @property
    def is_named_staff(self) -> bool:
        return not NAMED_STAFF_ROLES.isdisjoint(self.roles)

    def is_of(self, agency_id: UUID) -> bool:
        return self.agency_id == agency_id

    def finds(self, listing: Listing, agency_id: UUID) -> bool:
        """Whether the service exists for this viewer."""
        if listing is Listing.PUBLIC or self.is_of(agency_id):
            return True
        if listing is Listing.PARTNERS:
            return self.agency_id is not None
        return self.is_named_staff

    def sees_district(self, visibility: LocationVisibility, agency_id: UUID) -> bool:
        """Whether the district may be shown. A hidden place is hidden from named staff too."""
        return visibility is not LocationVisibility.HIDDEN or self._keeps_the_place_of(agency_id)

    def shown(self, service: Service) -> Service:
        """The service without what this viewer may not know.

        The whole of a hidden place is seen only by the admins of its own agency, who keep it up to date. The
        duty phone is for those who may call it: partners and named staff, and its own agency.
        """
        return replace(
            service,
            location=self._shown_location(service),
            duty_phone=service.duty_phone if self.agency_id is not None or self.is_named_staff else "",
        )

    def _shown_location(self, service: Service) -> Location:
        place = service.location
        match place.visibility:
            case LocationVisibility.PUBLIC:
                return place
            case LocationVisibility.DISTRICT_ONLY:
                if self.is_of(service.agency_id):
                    return place
                return replace(NOWHERE, district=place.district, visibility=place.visibility)
            case LocationVisibility.HIDDEN:
                return place if self._keeps_the_place_of(service.agency_id) else NOWHERE

    def _keeps_the_place_of(self, agency_id: UUID) -> bool:
        return self.is_of(agency_id) and Role.AGENCY_ADMIN in self.roles
