"""Places: how many a unit of capacity has, how old the word for it is, and what is left of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kernel.codes import CapacityKind
from kernel.errors import Invalid
from kernel.ids import ActivityId, UnitId

GREEN = timedelta(days=7)
AMBER = timedelta(days=14)
OBSERVED_AFTER_DECLINES = 2
"""So many NO_CAPACITY answers within OBSERVED_WITHIN outweigh a declaration of free places."""
OBSERVED_WITHIN = timedelta(days=14)


class Freshness(StrEnum):
    """How far a declaration of capacity can be relied on; UNKNOWN ranks after the others."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class DeclaredCapacity:
    """What an agency says it has for the hub.

    Raises:
        Invalid: CAPACITY_INVALID, fewer than 0 places, or a number of places where they are unlimited.
    """

    kind: CapacityKind
    places: int

    def __post_init__(self) -> None:
        if self.places < 0 or (self.kind is CapacityKind.UNLIMITED and self.places):
            raise Invalid(
                "Say how many places there are (0 or more), or that they are unlimited, not both.",
                reason="CAPACITY_INVALID",
            )


@dataclass(frozen=True, slots=True)
class UnitPlaces:
    """A unit of capacity as it stood when it was read: an activity, or a service without activities.

    Args:
        free_places: None when unlimited; below 0 when more is taken than declared.
        places: as declared; None when unlimited.
        start_time: when the activity begins; None for a service without activities.
        end_time: when it ends; None likewise.
        is_questioned: the service has answered twice that it is full although it had declared free places.
    """

    unit_id: UnitId
    activity_id: ActivityId | None
    free_places: int | None
    places: int | None
    declared_time: datetime
    start_time: datetime | None = None
    is_questioned: bool = False
    end_time: datetime | None = None

    @property
    def has_place(self) -> bool:
        return self.free_places is None or self.free_places > 0

    @property
    def can_be_waited_for(self) -> bool:
        """Nobody waits for a unit that never has a place."""
        return self.places is None or self.places > 0

    @property
    def is_over_declared(self) -> bool:
        """More is taken than declared: no new offers until places free."""
        return self.free_places is not None and self.free_places < 0

    def freshness(self, now: datetime) -> Freshness:
        return freshness(self.declared_time, now, is_questioned=self.is_questioned)


def freshness(declared_time: datetime, now: datetime, *, is_questioned: bool = False) -> Freshness:
    """GREEN up to and including 7 days, AMBER up to and including 14, then UNKNOWN."""
    age = now - declared_time
    if is_questioned or age > AMBER:
        return Freshness.UNKNOWN
    return Freshness.GREEN if age <= GREEN else Freshness.AMBER


def free_places_of(units: tuple[UnitPlaces, ...]) -> int | None:
    """Free places of all units together; None when one of them is unlimited."""
    free = 0
    for unit in units:
        if unit.free_places is None:
            return None
        free += max(unit.free_places, 0)
    return free


def in_order_of_use(units: tuple[UnitPlaces, ...], now: datetime) -> tuple[UnitPlaces, ...]:
    """Units with a place first; among them what begins soonest, then what has already begun."""
    return units if len(units) == 1 else tuple(sorted(units, key=lambda unit: _turn(unit, now)))


def _turn(unit: UnitPlaces, now: datetime) -> tuple[bool, bool, datetime, str]:
    start = unit.start_time or now
    return (not unit.has_place, start < now, start, str(unit.unit_id))
