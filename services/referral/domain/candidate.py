"""A service of the wanted type, with all that matching asks about it."""

from dataclasses import dataclass
from datetime import datetime

from kernel.codes import Listing, LocationVisibility
from kernel.ids import AgencyId, ServiceId
from services.referral.domain.capacity import UnitPlaces
from services.referral.domain.opening import OpeningHours


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of the directory as it stood when it was read; `version` is what a match cites.

    Args:
        district: where it is; empty where not known.
        areas: districts that it serves; empty: all.
        age_bands: taken; empty: all. The same for sexes and household_bands.
        status_rule: rule family that must hold; empty: none.
        status_proof_until_end: its proof must last until the activity ends.
        agreement_until_time: None where the agency has no agreement.
        start_cases: how many cases of this service the median rests on.
        start_median_seconds: from the record of the need to the begin of the service.
        sector_start_mean_seconds: None where no service of the sector has begun a case yet.
        units: open units of capacity only.
    """

    service_id: ServiceId
    agency_id: AgencyId
    version: int
    service_type: str
    name_el: str
    name_en: str
    listing: Listing = Listing.PUBLIC
    location_visibility: LocationVisibility = LocationVisibility.PUBLIC
    district: str = ""
    areas: frozenset[str] = frozenset()
    age_bands: frozenset[str] = frozenset()
    sexes: frozenset[str] = frozenset()
    household_bands: frozenset[str] = frozenset()
    status_rule: str = ""
    status_proof_needed: bool = False
    status_proof_until_end: bool = False
    languages: frozenset[str] = frozenset()
    interpreter_languages: frozenset[str] = frozenset()
    step_free: bool = True
    opening: tuple[OpeningHours, ...] = ()
    duty_phone: str = ""
    is_suspended: bool = False
    agreement_from_time: datetime | None = None
    agreement_until_time: datetime | None = None
    start_cases: int = 0
    start_median_seconds: float | None = None
    sector_start_mean_seconds: float | None = None
    units: tuple[UnitPlaces, ...] = ()

    def has_agreement(self, now: datetime) -> bool:
        """From `valid_from` on, and no more at `valid_until`."""
        return (
            self.agreement_from_time is not None
            and self.agreement_until_time is not None
            and self.agreement_from_time <= now < self.agreement_until_time
        )
