"""Services and needs for tests of the directory and of matching: believable unless changed by keyword."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kernel.codes import AgeBand, CapacityKind, Channel, Listing, LocationVisibility, Urgency
from kernel.ids import AgencyId, NeedId, ReferralId, ServiceId, UnitId
from services.referral.domain.candidate import Candidate
from services.referral.domain.capacity import DeclaredCapacity, UnitPlaces
from services.referral.domain.directory import Agency, Eligibility, Location, Service
from services.referral.domain.opening import OpeningHours
from services.referral.domain.profile import Profile

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
"""A Wednesday, 11:30 in Athens."""
OFFICE_HOURS = tuple(OpeningHours(weekday, 9 * 60, 15 * 60) for weekday in range(1, 6))


def agency_id(number: int) -> AgencyId:
    return AgencyId(UUID(int=0xA0000 + number))


def service_id(number: int) -> ServiceId:
    return ServiceId(UUID(int=0x50000 + number))


def referral_id(number: int = 1) -> ReferralId:
    return ReferralId(UUID(int=0xF0000 + number))


def unit(number: int, free: int | None = 3, **changes: Any) -> UnitPlaces:
    """A unit of a service without activities, declared a day ago."""
    places = UnitPlaces(
        unit_id=UnitId(UUID(int=0x50000 + number)),
        activity_id=None,
        free_places=free,
        places=None if free is None else max(free, 1),
        declared_time=NOW - timedelta(days=1),
    )
    return replace(places, **changes)


def candidate(number: int = 1, free: int | None = 3, **changes: Any) -> Candidate:
    """Greek lessons in the sixth district that take everybody, with an agreement in force."""
    service = Candidate(
        service_id=service_id(number),
        agency_id=agency_id(number),
        version=1,
        service_type="GREEK_A1",
        name_el=f"Ελληνικά {number}",
        name_en=f"Greek lessons {number}",
        district="ATHENS_6",
        languages=frozenset({"ell", "eng", "ara"}),
        opening=OFFICE_HOURS,
        agreement_from_time=NOW - timedelta(days=100),
        agreement_until_time=NOW + timedelta(days=100),
        units=(unit(number, free),),
    )
    return replace(service, **changes)


def profile(**changes: Any) -> Profile:
    """An Arabic speaker of the sixth district who wants to learn Greek."""
    need = Profile(
        need_id=NeedId(UUID(int=0xE0001)),
        referral_id=referral_id(),
        service_type="GREEK_A1",
        urgency=Urgency.NORMAL,
        district="ATHENS_6",
        languages=("ara",),
        age_band=AgeBand.BAND_25_44,
        permitted_agency_ids=frozenset(agency_id(number) for number in range(1, 10)),
    )
    return replace(need, **changes)


def agency(number: int = 1, **changes: Any) -> Agency:
    """An invented agency."""
    saved = Agency(
        agency_id=agency_id(number),
        code=f"AGENCY_{number}",
        name_el=f"Φορέας {number}",
        name_en=f"Agency {number}",
        committees=("education_learning",),
        sample=True,
    )
    return replace(saved, **changes)


def service(number: int = 1, agency_number: int = 1, **changes: Any) -> Service:
    """Greek lessons with 3 places."""
    saved = Service(
        service_id=service_id(number),
        agency_id=agency_id(agency_number),
        service_type="GREEK_A1",
        name_el=f"Ελληνικά {number}",
        name_en=f"Greek lessons {number}",
        channel=Channel.HUB,
        listing=Listing.PUBLIC,
        location=Location("ATHENS_6", 38.0046, 23.7329, "Νεραντζιάς 13", LocationVisibility.PUBLIC),
        eligibility=Eligibility((), (), (), "", False),
        areas=(),
        languages=("ell", "ara"),
        interpreter_languages=("fas",),
        step_free=True,
        opening=OFFICE_HOURS,
        duty_phone="",
        capacity=DeclaredCapacity(CapacityKind.PLACES, 3),
    )
    return replace(saved, **changes)
