"""What of the agency's has places, and whether what was said of them is still true."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import Visit

MOST_AT_ONCE: Final = 200
"""That the directory answers, or takes, by one call."""
MOST_CALLS: Final = 5
"""For one list: a thousand services or courses are more than all of Athens has."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of capacity: an activity, or a service without any; `places` None: as many as come.

    Args:
        free: None where it is not known, or has no end.
    """

    unit_id: str
    name: str
    places: int | None
    free: int | None
    start_time: datetime | None = None
    end_time: datetime | None = None

    @property
    def token(self) -> str:
        """By which a form says of this unit what its reader saw."""
        return f"{self.unit_id}|{'' if self.places is None else self.places}"


def unit_of_service(listed: directory_pb2.ListedService, name: str) -> Unit:
    """The service itself, where it has no activities."""
    free = listed.free_places if listed.HasField("free_places") else None
    return Unit(listed.service.service_id, name, _places(listed.service.capacity), free)


def unit_of_activity(listed: directory_pb2.ListedActivity, language: str) -> Unit:
    """A course, a session or a slot."""
    one = listed.activity
    return Unit(
        one.activity_id,
        str(one.name.el if language == "el" else one.name.en),
        _places(one.capacity),
        listed.free_places if listed.HasField("free_places") else None,
        one.start_time.ToDatetime(tzinfo=UTC),
        one.end_time.ToDatetime(tzinfo=UTC),
    )


def capacity_of(places: int | None) -> directory_pb2.Capacity:
    """As the directory takes it."""
    if places is None:
        return directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_UNLIMITED)
    return directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_PLACES, places=places)


def _places(capacity: directory_pb2.Capacity) -> int | None:
    return capacity.places if capacity.kind == directory_pb2.Capacity.KIND_PLACES else None


def read_tokens(tokens: Iterable[str]) -> list[directory.UnitCapacity]:
    """The units that a form names, each once; what is none is left out."""
    found: dict[str, directory.UnitCapacity] = {}
    for token in tokens:
        unit_id, _, places = token.partition("|")
        if as_uuid(unit_id) is None or not (places == "" or (places.isdecimal() and len(places) <= 6)):
            continue
        capacity = capacity_of(int(places) if places else None)
        found[unit_id] = directory.UnitCapacity(unit_id=unit_id, capacity=capacity)
    return list(found.values())


async def kept_by(
    visit: Visit, agency_id: str
) -> tuple[list[directory_pb2.ListedService], list[directory_pb2.ListedActivity], bool]:
    """All services of an agency and all of their courses that are not over; False where there are more."""
    services = directory.ListServicesRequest(agency_id=agency_id, page_size=MOST_AT_ONCE)
    courses = directory.ListActivitiesRequest(agency_id=agency_id, current_only=True, page_size=MOST_AT_ONCE)
    listed, current = await asyncio.gather(
        _listed(visit, visit.hub.directory.ListServices, services, "services"),
        _listed(visit, visit.hub.directory.ListActivities, courses, "activities"),
    )
    return listed[0], current[0], listed[1] and current[1]


async def courses_of(visit: Visit, service_id: str) -> list[directory_pb2.ListedActivity]:
    """All courses of a service that are not over."""
    request = directory.ListActivitiesRequest(
        service_id=service_id, current_only=True, page_size=MOST_AT_ONCE
    )
    found, _ = await _listed(visit, visit.hub.directory.ListActivities, request, "activities")
    return found


async def _listed(visit: Visit, method: Any, request: Any, name: str) -> tuple[list[Any], bool]:
    """What a list holds, page by page, and whether that is all of it."""
    found: list[Any] = []
    for _ in range(MOST_CALLS):
        answer = await visit.ask(method, request)
        found += getattr(answer, name)
        request.page_token = answer.next_page_token
        if not request.page_token:
            return found, True
    return found, False


async def declare(visit: Visit, units: Sequence[directory.UnitCapacity]) -> None:
    """Says it of all of them; a repeat of the form changes nothing. Forms of one page may share their id."""
    for first in range(0, len(units), MOST_AT_ONCE):
        request = directory.DeclareCapacitiesRequest(units=units[first : first + MOST_AT_ONCE])
        said = request.SerializeToString(deterministic=True).hex()
        request.request_id = str(uuid5(UUID(visit.form.request_id), said))
        await visit.ask(visit.hub.directory.DeclareCapacities, request)
