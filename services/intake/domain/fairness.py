"""Whether help comes as soon to some as to others: needs counted by bands, as far as it may be told."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.withholding import OTHERS, folded, told

LEAST_NEEDS: Final = 100
UNKNOWN: Final = "UNKNOWN"


class Dimension(StrEnum):
    """By what needs are told apart."""

    LANGUAGE = "LANGUAGE"
    SEX = "SEX"
    AGE_BAND = "AGE_BAND"
    HOUSEHOLD_BAND = "HOUSEHOLD_BAND"
    URGENCY = "URGENCY"


class PaceClass(StrEnum):
    """A length of time, no closer than nobody is found by it."""

    HOUR = "HOUR"
    FOUR_HOURS = "FOUR_HOURS"
    TWELVE_HOURS = "TWELVE_HOURS"
    DAY = "DAY"
    TWO_DAYS = "TWO_DAYS"
    FOUR_DAYS = "FOUR_DAYS"
    WEEK = "WEEK"
    TWO_WEEKS = "TWO_WEEKS"
    FOUR_WEEKS = "FOUR_WEEKS"
    LONGER = "LONGER"


_HOURS: Final = (1, 4, 12, 24, 48, 96, 168, 336, 672)
_CLASSES: Final = tuple(PaceClass)


@dataclass(frozen=True, slots=True)
class PacedOffer:
    """An offer that its agency answered."""

    agency_id: UUID
    is_declined: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """How a referral went until now. Offers that nobody answered, or that ended otherwise, are left out."""

    first_offer_time: datetime | None = None
    accepted_time: datetime | None = None
    closed_time: datetime | None = None
    offers: Sequence[PacedOffer] = ()


@dataclass(frozen=True, slots=True)
class CountedNeed:
    """A need by what it is counted under; `groups` holds bands, never what they are made of."""

    groups: Mapping[Dimension, str]
    service_type: str
    recorded_time: datetime
    pace: Pace


@dataclass(frozen=True, slots=True)
class Group:
    """A row of a table: None is withheld, or nothing to be told."""

    group: str
    needs: int
    offered: int | None
    time_to_offer: PaceClass | None
    accepted: int | None
    time_to_acceptance: PaceClass | None
    waiting: int | None
    time_waiting: PaceClass | None
    answered: int | None
    declined: int | None
    expected_declined: int | None


_Peers = tuple[UUID, str]
"""What was asked of whom: an agency, for a kind of service."""


@dataclass(slots=True)
class _Tally:
    """What a group has come to."""

    needs: int = 0
    to_offer: Counter[PaceClass] = field(default_factory=Counter)
    to_acceptance: Counter[PaceClass] = field(default_factory=Counter)
    waiting: Counter[PaceClass] = field(default_factory=Counter)
    answered: Counter[_Peers] = field(default_factory=Counter)
    declined: Counter[_Peers] = field(default_factory=Counter)

    def add(self, other: "_Tally") -> None:
        """Counts another one's too."""
        self.needs += other.needs
        for name in ("to_offer", "to_acceptance", "waiting", "answered", "declined"):
            getattr(self, name).update(getattr(other, name))


class FairnessCount:
    """Counts needs one after another and keeps no need: only how many there are of what."""

    def __init__(self) -> None:
        self.needs = 0
        self._tallies: dict[Dimension, dict[str, _Tally]] = {
            dimension: defaultdict(_Tally) for dimension in Dimension
        }

    def count(self, need: CountedNeed, now: datetime) -> None:
        """Adds a need to its group of each dimension."""
        one, pace = _Tally(needs=1), need.pace
        if pace.first_offer_time is not None:
            one.to_offer[pace_class(pace.first_offer_time - need.recorded_time)] += 1
        if pace.accepted_time is not None:
            one.to_acceptance[pace_class(pace.accepted_time - need.recorded_time)] += 1
        elif pace.closed_time is None:
            one.waiting[pace_class(now - need.recorded_time)] += 1
        for offer in pace.offers:
            peers = (offer.agency_id, need.service_type)
            one.answered[peers] += 1
            one.declined[peers] += offer.is_declined
        self.needs += 1
        for dimension in Dimension:
            self._tallies[dimension][need.groups.get(dimension) or UNKNOWN].add(one)

    def table(self, dimension: Dimension) -> list[Group]:
        """The groups of a dimension, the largest first, as far as they may be told."""
        together: dict[str, _Tally] = defaultdict(_Tally)
        tallies = self._tallies[dimension]
        names = folded({group: tally.needs for group, tally in tallies.items()})
        for group, tally in tallies.items():
            together[names[group]].add(tally)
        order = sorted(together, key=lambda group: (group == OTHERS, -together[group].needs, group))
        return _rows(order, [together[group] for group in order])


def pace_class(length: timedelta) -> PaceClass:
    """The class of a length of time."""
    hours = length / timedelta(hours=1)
    return next((name for name, end in zip(_CLASSES, _HOURS, strict=False) if hours < end), PaceClass.LONGER)


def median_class(lengths: Counter[PaceClass]) -> PaceClass | None:
    """The class in which half of them end; None where there are none."""
    seen, half = 0, lengths.total() / 2
    for name in _CLASSES:
        seen += lengths[name]
        if lengths[name] and seen >= half:
            return name
    return None


def _rows(names: Sequence[str], tallies: Sequence[_Tally]) -> list[Group]:
    compared = [_compared(tally, tallies) for tally in tallies]
    needs = [tally.needs for tally in tallies]
    asked = [tally.to_offer.total() for tally in tallies]
    taken = [tally.to_acceptance.total() for tally in tallies]
    open_ones = [tally.waiting.total() for tally in tallies]
    ended = [whole - done - left for whole, done, left in zip(needs, taken, open_ones, strict=True)]
    counts = [one[0] for one in compared]
    refused = [one[1] for one in compared]
    offered = told(needs, asked, _between(needs, asked))
    accepted = told(needs, taken, _between(needs, taken), _between(asked, taken))
    waiting = told(needs, open_ones, _between(needs, open_ones), ended)
    answered = told(counts, counts)
    declined = told(counts, refused, _between(counts, refused))
    rows = []
    for place, tally in enumerate(tallies):
        has_offers = answered[place] is not None and declined[place] is not None
        rows.append(
            Group(
                group=names[place],
                needs=tally.needs,
                offered=offered[place],
                time_to_offer=None if offered[place] is None else median_class(tally.to_offer),
                accepted=accepted[place],
                time_to_acceptance=None if accepted[place] is None else median_class(tally.to_acceptance),
                waiting=waiting[place],
                time_waiting=None if waiting[place] is None else median_class(tally.waiting),
                answered=answered[place],
                declined=declined[place] if has_offers else None,
                expected_declined=round(compared[place][2]) if has_offers else None,
            )
        )
    return rows


def _between(wholes: Sequence[int], figures: Sequence[int]) -> list[int]:
    """What is missing; who was taken up by telephone was never offered, so it may be too many as well."""
    return [abs(whole - figure) for whole, figure in zip(wholes, figures, strict=True)]


def _compared(own: _Tally, all_of_them: Iterable[_Tally]) -> tuple[int, int, float]:
    """Offers of the group that have peers: how many, how many declined, how many by the peers' measure."""
    answered: Counter[_Peers] = Counter()
    declined: Counter[_Peers] = Counter()
    for tally in all_of_them:
        if tally is not own:
            answered.update(tally.answered)
            declined.update(tally.declined)
    same = [peers for peers in own.answered if answered[peers]]
    return (
        sum(own.answered[peers] for peers in same),
        sum(own.declined[peers] for peers in same),
        sum(own.answered[peers] * declined[peers] / answered[peers] for peers in same),
    )
