"""Who is next when a place frees: urgency, then published priority group, then waiting time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.codes import Urgency
from kernel.ids import ReferralId, UnitId

URGENCY_RANK = {urgency: rank for rank, urgency in enumerate(Urgency)}
"""EMERGENCY 0, URGENT 1, NORMAL 2."""


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
    priority_group: int = 0
    is_asleep: bool = False

    @property
    def order(self) -> tuple[int, int, datetime, str]:
        """Sorts the next person first; the id only keeps equals in a fixed order."""
        return (
            URGENCY_RANK[self.urgency],
            self.priority_group,
            self.since_time,
            str(self.referral_id),
        )


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """The next person first."""
    return sorted(waiting, key=lambda one: one.order)


def position_of(referral_id: ReferralId, waiting: Iterable[Waiting]) -> int | None:
    """Where a referral stands in one unit's list; 1 is next. None where it does not wait there."""
    for position, one in enumerate(in_order(waiting), start=1):
        if one.referral_id == referral_id:
            return position
    return None


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


def is_ahead(one: Waiting, urgency: Urgency) -> bool:
    """Whether somebody who waits comes before a need of this urgency that is only just recorded."""
    return URGENCY_RANK[one.urgency] <= URGENCY_RANK[urgency]
