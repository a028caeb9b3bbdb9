"""Who is next when a place frees: urgency, then published priority group, then waiting time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.codes import Urgency
from kernel.ids import ReferralId, UnitId

URGENCY_RANK = {urgency: rank for rank, urgency in enumerate(Urgency)}
"""EMERGENCY 0, URGENT 1, NORMAL 2."""

Precedence = tuple[int, int]
"""What counts before waiting time does; the lesser goes first."""


def precedence(urgency: Urgency, priority_group: int) -> Precedence:
    """Of a person with this urgency and group, whether they wait already or are only just recorded."""
    return URGENCY_RANK[urgency], priority_group


@dataclass(frozen=True, slots=True)
class Waiting:
    """A referral that waits for a place of one unit; it may wait for several units at once.

    Args:
        priority_group: a published number; the lower is served first.
        is_asleep: the agency itself said that it has no place, so only a place that frees afterwards counts.
    """

    referral_id: ReferralId
    unit_id: UnitId
    urgency: Urgency
    since_time: datetime
    priority_group: int
    is_asleep: bool = False

    @property
    def order(self) -> tuple[Precedence, datetime, str]:
        """Sorts the next person first; the id only keeps equals in a fixed order."""
        return precedence(self.urgency, self.priority_group), self.since_time, str(self.referral_id)


@dataclass(frozen=True, slots=True)
class WaitingPlace:
    """A place on one list and what it comes from; the three counts are of those who come before.

    Args:
        position: 1 is next.
        waiting: how many wait there, the person included.
        more_urgent: they come before for that alone.
        earlier_group: as urgent, of an earlier group.
        waiting_longer: of the same urgency and group.
    """

    position: int
    waiting: int
    urgency: Urgency
    priority_group: int
    since_time: datetime
    more_urgent: int
    earlier_group: int
    waiting_longer: int


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """The next person first."""
    return sorted(waiting, key=lambda one: one.order)


def next_for(waiting: Sequence[Waiting], free_places: int | None, *, place_freed: bool) -> list[Waiting]:
    """Who of one unit's list gets an offer now.

    Args:
        free_places: None when unlimited.
        place_freed: True after a release or a new declaration. False on a mere second look: then whoever
            the agency put off keeps their turn, and nobody behind them gets the place that was denied them.
    """
    first = in_order(waiting)
    if free_places is not None:
        first = first[: max(0, free_places)]
    return [one for one in first if place_freed or not one.is_asleep]
