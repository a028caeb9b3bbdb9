"""The public directory in the Human Services Data Specification (Open Referral), version 3.1.

Whatever HSDS asks for an id and the directory has none gets one that stays: it is derived from what it is of.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any, Final
from uuid import UUID

from kernel.codes import DISTRICTS, LANGUAGES, SECTORS, SERVICE_TYPES
from kernel.ids import derived_id
from services.console.domain.public.directory import PublicAgency, PublicService
from services.console.domain.public.hours import Stretch, clock

VERSION: Final = "3.1"
MOST_ON_A_PAGE: Final = 500
USUAL_PAGE: Final = 50
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_TAXONOMY: Final = "KEM kinds of help"

Row = dict[str, Any]


def organization(agency: PublicAgency) -> Row:
    """An agency by itself."""
    said = "An invented organisation." if agency.is_sample else "A partner of the City."
    return {
        "id": str(agency.agency_id),
        "name": agency.name_en,
        "alternate_name": agency.name_el,
        "description": f"{agency.name_en}. {said}",
    }


def full_organization(agency: PublicAgency, services: Sequence[PublicService]) -> Row:
    """An agency with where it offers something and what."""
    row = organization(agency)
    places = [place for one in services if (place := full_location(one)) is not None]
    if places:
        row["locations"] = places
    if services:
        row["services"] = [service(one) for one in services]
    return row


def service(one: PublicService) -> Row:
    """A service by itself."""
    kind = SERVICE_TYPES[one.service_type]
    row: Row = {
        "id": str(one.service_id),
        "organization_id": str(one.agency.agency_id),
        "name": one.name_en,
        "alternate_name": one.name_el,
        "description": f"{kind.en} ({SECTORS[one.sector].en})",
        "status": "temporarily closed" if one.is_suspended else "active",
    }
    if one.interpreter_languages:
        names = ", ".join(LANGUAGES[code].en for code in one.interpreter_languages if code in LANGUAGES)
        row["interpretation_services"] = names
    return row


def full_service(one: PublicService) -> Row:
    """A service with its organisation, hours, languages, place and kind."""
    row = service(one)
    row["organization"] = organization(one.agency)
    row["languages"] = [_language(one, code) for code in one.languages]
    row["schedules"] = _schedules(one)
    row["attributes"] = [_attribute(one)]
    found = full_service_at_location(one)
    if found is not None:
        row["service_at_locations"] = [found]
    return row


def service_at_location(one: PublicService) -> Row | None:
    """A service where it is, its place by itself; None where nobody may know where."""
    place = location(one)
    if place is None:
        return None
    return {
        "id": str(derived_id("hsds service_at_location", str(one.service_id))),
        "service_id": str(one.service_id),
        "location_id": place["id"],
        "location": place,
    }


def full_service_at_location(one: PublicService) -> Row | None:
    """The same with the service's hours, and the whole of its place."""
    found = service_at_location(one)
    return None if found is None else {**found, "location": full_location(one), "schedules": _schedules(one)}


def location(one: PublicService) -> Row | None:
    """Where a service is, as far as everybody may know, by itself; None where they may know nothing."""
    place = one.place
    if not place.district:
        return None
    row: Row = {
        "id": str(derived_id("hsds location", str(one.service_id))),
        "organization_id": str(one.agency.agency_id),
        "location_type": "physical",
        "name": DISTRICTS[place.district].en,
        "alternate_name": DISTRICTS[place.district].el,
    }
    if place.has_point:
        row |= {"latitude": place.latitude, "longitude": place.longitude}
    return row


def full_location(one: PublicService) -> Row | None:
    """The same with its address, and whether there are steps."""
    row, place = location(one), one.place
    if row is None:
        return None
    if place.address:
        row["addresses"] = [
            {
                "id": str(derived_id("hsds address", str(one.service_id))),
                "location_id": row["id"],
                "address_1": place.address,
                "city": "Athens",
                "state_province": "Attica",
                "postal_code": "",
                "country": "GR",
                "address_type": "physical",
            }
        ]
    if one.is_step_free:
        row["accessibility"] = [
            {
                "id": str(derived_id("hsds accessibility", str(one.service_id))),
                "location_id": row["id"],
                "description": "Can be reached without steps.",
            }
        ]
    return row


def page(rows: Sequence[Row], number: int, size: int) -> Row:
    """One page of many, as HSDS pages its lists; a page beyond the last is empty."""
    pages = max(1, ceil(len(rows) / size))
    contents = list(rows[(number - 1) * size : number * size])
    return {
        "total_items": len(rows),
        "total_pages": pages,
        "page_number": number,
        "size": len(contents),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not contents,
        "contents": contents,
    }


def _language(one: PublicService, code: str) -> Row:
    named = LANGUAGES[code].en if code in LANGUAGES else code
    return {
        "id": str(derived_id("hsds language", f"{one.service_id} {code}")),
        "service_id": str(one.service_id),
        "name": named,
        "code": code,
    }


def _schedules(one: PublicService) -> list[Row]:
    """Days with the same hours are one schedule."""
    days: dict[tuple[int, int], list[Stretch]] = {}
    for stretch in sorted(one.opening):
        days.setdefault((stretch.from_minute, stretch.until_minute), []).append(stretch)
    return [
        {
            "id": str(derived_id("hsds schedule", f"{one.service_id} {start} {end}")),
            "service_id": str(one.service_id),
            "freq": "WEEKLY",
            "wkst": "MO",
            "byday": ",".join(_DAYS[stretch.weekday - 1] for stretch in stretches),
            "opens_at": clock(start),
            "closes_at": clock(end),
            "notes": "Times are those of Athens (Europe/Athens).",
        }
        for (start, end), stretches in days.items()
    ]


def _attribute(one: PublicService) -> Row:
    kind = SERVICE_TYPES[one.service_type]
    term: UUID = derived_id("hsds taxonomy_term", kind.code)
    return {
        "id": str(derived_id("hsds attribute", f"{one.service_id} {kind.code}")),
        "link_id": str(one.service_id),
        "link_entity": "service",
        "taxonomy_term_id": str(term),
        "taxonomy_term": {
            "id": str(term),
            "code": kind.code,
            "name": kind.en,
            "description": f"{SECTORS[kind.sector].en}: {kind.en}",
            "taxonomy": _TAXONOMY,
            "language": "en",
        },
    }
