"""What the yardstick's tables are filled with: the same people and services as the hub's bench."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from kernel import codes
from kernel.ids import derived_id
from tools.bench.city import LANGUAGES, PLACES, SERVICE_TYPES, BenchAgency
from tools.bench.people import invented_city
from tools.demo.people import City

OTHER_SERVICES: Final = 151
"""As many as the sample city has; of other types, for there is no consent that would keep needs from them."""


@cache
def people(number: int) -> list[tuple[Any, ...]]:
    """Rows of `person`."""
    city = invented_city()
    return [_person(n, city) for n in range(number)]


def _person(number: int, city: City) -> tuple[Any, ...]:
    person = city.next_person().beneficiary
    names = {
        "original": [person.names.original.given, person.names.original.family],
        "latin": [person.names.latin.given, person.names.latin.family],
    }
    contacts = [{"kind": "PHONE", "value": contact.value} for contact in person.contacts]
    born = date.fromisoformat(person.birth.date)
    return (
        derived_id("yardstick person", str(number)),
        json.dumps(names, ensure_ascii=False),
        json.dumps(contacts),
        born,
        "F" if person.sex == 1 else "M",
        person.nationality.value,
        person.district,
        [skill.language for skill in person.languages],
        _age_band((datetime.now(UTC).date() - born).days // 365),
    )


def _age_band(age: int) -> str:
    return next(band for band in codes.AgeBand if band.years[0] <= age <= (band.years[1] or 200))


def services(agencies: Sequence[BenchAgency]) -> list[tuple[Any, ...]]:
    """Rows of `service`: the bench agencies' own, and as many others as a city has."""
    districts = sorted(codes.DISTRICTS)
    other_types = sorted(set(codes.SERVICE_TYPES) - set(SERVICE_TYPES))
    own = [
        (
            derived_id("bench service", str(agency.number)),
            agency.agency_id,
            agency.service_type,
            f"Bench agency {agency.number} (sample)",
            districts[agency.number % len(districts)],
            list(LANGUAGES),
            PLACES,
        )
        for agency in agencies
    ]
    return own + [_other(n, other_types[n % len(other_types)], districts) for n in range(OTHER_SERVICES)]


def _other(number: int, service_type: str, districts: Sequence[str]) -> tuple[Any, ...]:
    agency_id: UUID = derived_id("yardstick agency", str(number))
    name = f"Other service {number} (sample)"
    district = districts[number % len(districts)]
    return (
        derived_id("yardstick service", str(number)),
        agency_id,
        service_type,
        name,
        district,
        list(LANGUAGES[:5]),
        10,
    )
