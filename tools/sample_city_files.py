"""The sample city as its files say: rows of deploy/sample_city turned into the directory's own messages.

What each column means stands in deploy/sample_city/README.md.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from kem.directory.v1 import directory_pb2 as directory
from kem.disclosure.v1 import disclosure_service_pb2 as disclosure
from kernel.codes import AgeBand, HouseholdBand

FOLDER: Final = Path(__file__).parent.parent / "deploy" / "sample_city"
ATHENS: Final = ZoneInfo("Europe/Athens")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUSEHOLD_ENDS: Final = {"": 0, "1": 1, "2": 2, "4": 3, "6": 4}
"""Largest household to the number of bands that it takes; 0 means all."""

Row = dict[str, str]
_M = TypeVar("_M")


@dataclass(frozen=True, slots=True)
class City:
    """Everything to load, dated from one day."""

    agencies: list[directory.Agency]
    agreements: list[disclosure.Agreement]
    services: list[directory.Service]
    activities: list[directory.Activity]


def read_city(today: date, folder: Path = FOLDER) -> City:
    """The city as loaded on `today` (Athens), in the order of the files.

    Raises:
        ValueError: a cell cannot be read; the message names the file and the line.
    """
    ids = {row["code"]: row["id"] for row in _rows(folder, "agencies")}
    with_activities = {row["service"] for row in _rows(folder, "activities")}
    return City(
        agencies=_read(folder, "agencies", _agency),
        agreements=_read(folder, "agreements", lambda row: _agreement(row, ids, today)),
        services=_read(folder, "services", lambda row: _service(row, ids, with_activities)),
        activities=_read(folder, "activities", lambda row: _activity(row, today)),
    )


def _read(folder: Path, name: str, message_of: Callable[[Row], _M]) -> list[_M]:
    messages = []
    for line, row in enumerate(_rows(folder, name), start=2):
        try:
            messages.append(message_of(row))
        except (KeyError, ValueError, TypeError) as error:
            raise ValueError(f"{name}.csv, line {line}: {error} cannot be read") from error
    return messages


def _rows(folder: Path, name: str) -> Iterator[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _name(row: Row) -> directory.BilingualText:
    return directory.BilingualText(el=row["name_el"], en=row["name_en"])


def _agency(row: Row) -> directory.Agency:
    return directory.Agency(
        agency_id=row["id"],
        code=row["code"],
        name=_name(row),
        committees=row["committees"].split(),
        sample=row["sample"] == "true",
    )


def _agreement(row: Row, ids: dict[str, str], today: date) -> disclosure.Agreement:
    start = datetime.combine(today, time(), ATHENS).astimezone(UTC)
    agreement = disclosure.Agreement(
        agency_id=ids[row["agency"]],
        purposes=row["purposes"].split(),
        categories=row["categories"].split(),
        legal_regime=row["legal_regime"],
        transfer_basis=row["transfer_basis"],
    )
    agreement.valid_from_time.FromDatetime(start)
    agreement.valid_until_time.FromDatetime(start + timedelta(days=int(row["valid_days"])))
    return agreement


def _service(row: Row, ids: dict[str, str], with_activities: set[str]) -> directory.Service:
    capacity = _capacity(row["capacity"], "0" if row["id"] in with_activities else row["places"])
    return directory.Service(
        service_id=row["id"],
        agency_id=ids[row["agency"]],
        service_type=row["type"],
        name=_name(row),
        channel=directory.Channel.Value(f"CHANNEL_{row['channel']}"),
        listing=directory.Listing.Value(f"LISTING_{row['listing']}"),
        location=directory.Location(
            district=row["district"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            address=row["address"],
            visibility=directory.LocationVisibility.Value(f"LOCATION_VISIBILITY_{row['location']}"),
        ),
        eligibility=directory.Eligibility(
            age_bands=_age_bands(row["age_from"], row["age_to"]),
            sexes=row["sexes"].split(),
            household_bands=list(HouseholdBand)[: _HOUSEHOLD_ENDS[row["household_max"]]],
            status_rule=row["status_rule"],
            status_proof_needed=row["status_proof"] == "yes",
            status_proof_until_end=row["proof_until_end"] == "yes",
        ),
        areas=row["areas"].split(),
        languages=row["languages"].split(),
        interpreter_languages=row["interpreter_languages"].split(),
        step_free=row["step_free"] == "yes",
        opening=_opening(row["opening"]),
        duty_phone=row["duty_phone"],
        capacity=capacity,
    )


def _capacity(kind: str, places: str) -> directory.Capacity:
    return directory.Capacity(kind=directory.Capacity.Kind.Value(f"KIND_{kind}"), places=int(places or 0))


def _age_bands(first: str, last: str) -> list[str]:
    """Bands that lie wholly between two ages; none where no age is named, which means all."""
    if not first and not last:
        return []
    youngest, oldest = int(first or 0), int(last or 130)
    return [band for band in AgeBand if youngest <= band.years[0] and band.years[1] <= oldest]


def _opening(text: str) -> list[directory.OpeningHours]:
    """Reads `mon-fri 09:00-15:00; sat 10:00-13:00`."""
    hours = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        days, _, span = part.partition(" ")
        first, _, last = days.partition("-")
        start, end = (_minute(clock) for clock in span.split("-"))
        hours += [
            directory.OpeningHours(weekday=weekday + 1, from_minute=start, until_minute=end)
            for weekday in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
        ]
    return hours


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _activity(row: Row, today: date) -> directory.Activity:
    earliest = today + timedelta(days=int(row["start_in_days"]))
    first = earliest + timedelta(days=(WEEKDAYS.index(row["weekday"]) - earliest.weekday()) % 7)
    activity = directory.Activity(
        activity_id=row["id"],
        service_id=row["service"],
        name=_name(row),
        capacity=_capacity("PLACES", row["places"]),
    )
    last = first + timedelta(days=int(row["length_days"]))
    activity.start_time.FromDatetime(_instant(first, row["start_at"]))
    activity.end_time.FromDatetime(_instant(last, row["end_at"]))
    return activity


def _instant(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ATHENS).astimezone(UTC)
