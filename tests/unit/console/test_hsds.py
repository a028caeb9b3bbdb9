"""The directory in HSDS 3.1: what its reference asks of every row, in our own words; and what stays hidden.

tests/deep/test_hsds_published.py holds the same rows against the schemas that Open Referral publishes.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from services.console.domain.public import hsds
from tests.support.public_directory import directory, every_kind, service

_REQUIRED: dict[str, set[str]] = {
    "organization": {"id", "name", "description"},
    "service": {"id", "name", "status"},
    "service_at_location": {"id"},
    "location": {"id", "location_type"},
    "address": {"id", "address_1", "city", "state_province", "postal_code", "country", "address_type"},
    "schedule": {"id"},
    "language": {"id"},
    "accessibility": {"id"},
    "attribute": {"id"},
    "taxonomy_term": {"id", "name", "description"},
}
_NESTED = {
    "organization": "organization", "services": "service", "service_at_locations": "service_at_location",
    "location": "location", "locations": "location", "addresses": "address", "schedules": "schedule",
    "languages": "language", "accessibility": "accessibility", "attributes": "attribute",
    "taxonomy_term": "taxonomy_term",
}  # fmt: skip
_CLOSED: dict[str, set[str]] = {
    "status": {"active", "inactive", "defunct", "temporarily closed"},
    "location_type": {"physical", "postal", "virtual"},
    "address_type": {"physical", "postal", "virtual"},
    "freq": {"WEEKLY", "MONTHLY"},
    "wkst": {"MO", "TU", "WE", "TH", "FR", "SA", "SU"},
}


def wrong(kind: str, row: dict[str, Any]) -> Iterator[str]:
    """What HSDS would not take."""
    for name in _REQUIRED[kind] - set(row):
        yield f"{kind} without {name}"
    for name, value in row.items():
        if name in _NESTED:
            for one in value if isinstance(value, list) else [value]:
                yield from wrong(_NESTED[name], one)
        elif (
            (name == "id" or name.endswith("_id")) and str(UUID(value)) != value
        ) or value not in _CLOSED.get(name, {value}):
            yield f"{kind}.{name}: {value}"


def rows() -> Iterator[tuple[str, dict[str, Any]]]:
    known = every_kind()
    for one in known.services:
        makers: tuple[tuple[str, Callable[..., Any]], ...] = (
            ("service", hsds.service),
            ("service", hsds.full_service),
            ("service_at_location", hsds.service_at_location),
            ("service_at_location", hsds.full_service_at_location),
        )
        for kind, make in makers:
            if (row := make(one)) is not None:
                yield kind, row
    for agency in known.agencies:
        yield "organization", hsds.organization(agency)
        yield "organization", hsds.full_organization(agency, known.of_agency(agency.agency_id))


def test_every_row_has_what_hsds_asks_for() -> None:
    made = list(rows())
    assert {kind for kind, _ in made} == {"service", "service_at_location", "organization"}
    assert [found for kind, row in made for found in wrong(kind, row)] == []


def test_what_hsds_would_not_take_is_found() -> None:
    row = hsds.full_service(service())
    assert list(wrong("service", {**row, "status": "open"})) == ["service.status: open"]
    assert list(wrong("service", {**row, "schedules": [{}]})) == ["schedule without id"]


def test_ids_stay_and_no_two_rows_share_one() -> None:
    assert list(rows()) == list(rows())
    whole = [hsds.full_service(one) for one in every_kind().services]
    for name in ("schedules", "languages", "attributes", "service_at_locations"):
        ids = [one["id"] for row in whole for one in row.get(name, ())]
        assert len(ids) == len(set(ids)) > 0, name


def test_days_with_the_same_hours_are_one_schedule() -> None:
    [one] = hsds.full_service(service())["schedules"]
    assert (one["byday"], one["opens_at"], one["closes_at"]) == ("MO,TU,WE,TH,FR", "09:00", "15:00")


def test_a_hidden_place_is_in_no_row() -> None:
    hidden = every_kind().services[2]
    assert not hidden.place.district
    assert hsds.location(hidden) is None
    assert hsds.full_location(hidden) is None
    assert hsds.full_service_at_location(hidden) is None
    assert "service_at_locations" not in hsds.full_service(hidden)
    assert "locations" not in hsds.full_organization(hidden.agency, [hidden])


def test_of_a_place_known_by_its_district_neither_street_nor_point_is_told() -> None:
    row = hsds.full_location(every_kind().services[1])
    assert row is not None
    assert not {"addresses", "latitude", "longitude"} & set(row)


def test_pages_count_as_hsds_counts() -> None:
    many = [{"id": str(number)} for number in range(5)]
    pages = [hsds.page(many, number, 2) for number in (1, 3, 4)]
    assert [
        (page["size"], page["first_page"], page["last_page"], page["empty"], page["total_pages"])
        for page in pages
    ] == [(2, True, False, False, 3), (1, False, True, False, 3), (0, False, True, True, 3)]
    assert hsds.page([], 1, 50)["total_pages"] == 1
    assert directory().agencies == []
