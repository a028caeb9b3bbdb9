"""What of the agency's has places, and whether what was said of them is still true."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import Visit

MOST_AT_ONCE = 200


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


async def declare(visit: Visit, units: Sequence[directory.UnitCapacity]) -> None:
    """Says it of all of them; a repeat of the form changes nothing. Forms of one page may share their id."""
    for first in range(0, len(units), MOST_AT_ONCE):
        request = directory.DeclareCapacitiesRequest(units=units[first : first + MOST_AT_ONCE])
        said = request.SerializeToString(deterministic=True).hex()
        request.request_id = str(uuid5(UUID(visit.form.request_id), said))
        await visit.ask(visit.hub.directory.DeclareCapacities, request)
