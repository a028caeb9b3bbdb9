"""The directory in HSDS 3.1 against the schemas that Open Referral publishes.

They are not in this tree: give the folder `schema/compiled` of their specification (branch 3.1) as
KEM_HSDS_SCHEMAS. What the schemas ask for stands in tests/unit/console/test_hsds.py too, in our own words.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.console.domain.public import hsds
from tests.support.public_directory import every_kind


def _schemas() -> Path:
    given = os.environ.get("KEM_HSDS_SCHEMAS", "")
    if not given:
        pytest.skip("the published schemas of HSDS 3.1 are not here: give their folder as KEM_HSDS_SCHEMAS")
    return Path(given)


def wrong(row: Any, schema: str) -> list[str]:
    """What a validator finds in a row, formats looked at too; and fields that HSDS does not know."""
    content = json.loads((_schemas() / f"{schema}.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(content, format_checker=Draft202012Validator.FORMAT_CHECKER)
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(row)]
    return found + list(_unknown(row, content, "$"))


def _unknown(row: Any, schema: Any, at: str) -> Iterator[str]:
    if isinstance(row, list):
        for one in row:
            yield from _unknown(one, schema.get("items", {}), f"{at}[]")
    elif isinstance(row, dict):
        known = schema.get("properties", {})
        for key, value in row.items():
            if key not in known:
                yield f"{at}.{key}: HSDS knows no such field"
            else:
                yield from _unknown(value, known[key], f"{at}.{key}")


def test_every_row_and_page_is_valid() -> None:
    directory = every_kind()
    for one in directory.services:
        assert wrong(hsds.full_service(one), "service") == []
        place = hsds.full_service_at_location(one)
        assert place is None or wrong(place, "service_at_location") == []
    for agency in directory.agencies:
        organization = hsds.full_organization(agency, directory.of_agency(agency.agency_id))
        assert wrong(organization, "organization") == []
    pages = {
        "service_list": [hsds.service(one) for one in directory.services],
        "organization_list": [hsds.organization(one) for one in directory.agencies],
        "service_at_location_list": [
            row for one in directory.services if (row := hsds.service_at_location(one))
        ],
    }
    for schema, rows in pages.items():
        assert [wrong(row, schema) for row in rows] == [[]] * len(rows)


def test_a_wrong_row_is_found() -> None:
    row = hsds.full_service(every_kind().services[0])
    assert wrong({**row, "status": "open"}, "service")
    assert wrong({**row, "id": "7"}, "service")
    assert wrong({key: value for key, value in row.items() if key != "name"}, "service")
    assert wrong({**row, "schedules": [{**row["schedules"][0], "open": "yes"}]}, "service")
