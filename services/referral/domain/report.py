"""Sums for those who coordinate: who may be told of what, under which names, and what is withheld."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import auto
from typing import Final, Self
from uuid import UUID

from kernel import codes
from kernel.codes import Code, Role
from kernel.errors import Invalid
from kernel.withholding import FEW, told
from services.referral.domain.calendar import ATHENS

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2999
LONGEST: Final = timedelta(days=5 * 366)
_ALWAYS_WHOLE: Final = frozenset({Role.ACCMR_OFFICER, Role.DPO})
_LETTERS: Final = 26


class Dimension(Code):
    """By what referrals are told apart."""

    SECTOR = auto()
    URGENCY = auto()
    DISTRICT = auto()
    LANGUAGE = auto()
    AGENCY = auto()
    REASON = auto()
    STATE = auto()


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the calendar in Athens, both included.

    Raises:
        Invalid: PERIOD_INVALID, it ends before it begins, is longer than five years, or of another age.
    """

    from_day: date
    until_day: date

    def __post_init__(self) -> None:
        is_so_long = timedelta() <= self.until_day - self.from_day <= LONGEST
        if not is_so_long or self.from_day.year < FIRST_YEAR or self.until_day.year > LAST_YEAR:
            raise Invalid(
                "A period ends on its first day or later, and within five years.", reason="PERIOD_INVALID"
            )

    @property
    def from_time(self) -> datetime:
        return datetime.combine(self.from_day, time(), tzinfo=ATHENS)

    @property
    def until_time(self) -> datetime:
        """The instant at which it is over."""
        return datetime.combine(self.until_day + timedelta(days=1), time(), tzinfo=ATHENS)


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody is told of.

    Args:
        sector_of: the service types, each with its sector; never a restricted one.
        own_agency_id: the only agency that is not masked; None where none is masked.
        committee: which reports on it; empty: it is everything.
    """

    sector_of: Mapping[str, str]
    own_agency_id: UUID | None = None
    committee: str = ""

    @classmethod
    def whole(cls) -> Self:
        """Of everything, by name."""
        return cls({one.code: one.sector for one in codes.SERVICE_TYPES.values() if not one.restricted})

    @classmethod
    def of_committee(cls, committee: str, agency_id: UUID) -> Self:
        """Of what one committee reports on."""
        of_all = cls.whole().sector_of
        types = [one for one in of_all if codes.service_type(one).committee == committee]
        return cls({one: of_all[one] for one in types}, agency_id, committee)


def sees_the_whole(roles: Collection[str], *, is_of_kem: bool) -> bool:
    """Whether somebody is told of everything, by name; else of a committee of their own agency."""
    return not _ALWAYS_WHOLE.isdisjoint(roles) or (is_of_kem and Role.SUPERVISOR in roles)


@dataclass(frozen=True, slots=True)
class Named:
    """Under which code a row is told."""

    code: str
    is_masked: bool = False


def masks(agency_ids: Sequence[str], own_agency_id: UUID) -> dict[str, Named]:
    """Names for agencies, the own one first: whoever else gets a letter by their place here.

    Args:
        agency_ids: in an order that tells nothing.
    """
    own, others = str(own_agency_id), [one for one in agency_ids if one != str(own_agency_id)]
    names = {own: Named(own)} if own in agency_ids else {}
    return names | {one: Named(letters(place), is_masked=True) for place, one in enumerate(others)}


def letters(place: int) -> str:
    """A, B … Z, AA, AB …; from 0 on."""
    first, last = divmod(place, _LETTERS)
    return (letters(first - 1) if first else "") + chr(ord("A") + last)


@dataclass(frozen=True, slots=True)
class PaceCount:
    """Offers of a group, as counted; the lengths are of the answers, None where there are none."""

    offers: int
    answered: int
    taken_up: int
    expired: int
    half_within_seconds: float | None
    nine_of_ten_within_seconds: float | None


Figures = dict[str, int | None]
"""By name as the contract has it; None is withheld."""


def pace_figures(counts: Sequence[PaceCount]) -> list[Figures]:
    """As far as they may be told. Each difference of two figures is a number of offers too."""
    offers = [one.offers for one in counts]
    answered = [one.answered for one in counts]
    taken = [one.taken_up for one in counts]
    expired = [one.expired for one in counts]
    silent = _less(offers, answered)
    columns = {
        "offers": told(offers, offers),
        "answered": told(offers, answered, offers, silent),
        "taken_up": told(offers, taken, offers, _less(offers, taken), _less(answered, taken)),
        "expired": told(
            offers,
            expired,
            offers,
            _less(offers, expired),
            _less(silent, expired),
            _less(_less(offers, taken), expired),
        ),
    }
    rows: list[Figures] = []
    for place, one in enumerate(counts):
        row: Figures = {name: column[place] for name, column in columns.items()}
        has_lengths = bool(row["answered"])
        row["half_within_seconds"] = _whole(one.half_within_seconds) if has_lengths else None
        row["nine_of_ten_within_seconds"] = _whole(one.nine_of_ten_within_seconds) if has_lengths else None
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class WaitCount:
    """Who waits, as counted."""

    waiting: int
    half_for_seconds: float


def wait_figures(counts: Sequence[WaitCount]) -> list[Figures]:
    """As far as they may be told."""
    numbers = [one.waiting for one in counts]
    return [
        {"waiting": number, "half_for_seconds": _whole(one.half_for_seconds) if number else None}
        for number, one in zip(told(numbers, numbers), counts, strict=True)
    ]


def count_figures(name: str, counts: Sequence[int]) -> list[Figures]:
    """One number each, as far as it may be told."""
    return [{name: number} for number in told(counts, counts)]


def total_told(number: int) -> int | None:
    """A sum over everything, or None where it is of few itself. Rows leave it open already (`withheld`)."""
    return None if 0 < number < FEW else number


def _less(wholes: Sequence[int], parts: Sequence[int]) -> list[int]:
    return [whole - part for whole, part in zip(wholes, parts, strict=True)]


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)
