"""What a question is, and an answer: lines of typed cells, each with the entries on which it rests."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

Body = Mapping[str, Any]
"""An entry as it was hashed."""

FEW: Final = 5
TOO_FEW: Final = "<5"
"""In place of a number of some and fewer than FEW, where it could tell of one person."""


class Kind(StrEnum):
    """What the cells of a column are."""

    TIME = "TIME"
    DAY = "DAY"
    NUMBER = "NUMBER"
    HOURS = "HOURS"
    CODE = "CODE"
    """A code of the contracts, a list of codes, or one of this question's own."""
    TEXT = "TEXT"
    AGENCY = "AGENCY"
    PERSON = "PERSON"
    """Who acted, by their principal_id."""
    REFERRAL = "REFERRAL"
    ID = "ID"


@dataclass(frozen=True, slots=True)
class Column:
    """One of a question's columns, by its name."""

    name: str
    kind: Kind


Value = str | int | float | datetime | Iterable[str] | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an answer.

    Args:
        cells: in the columns' order; each of none, one, or several values.
        entries: the places of the entries that show it.
    """

    cells: tuple[tuple[str, ...], ...]
    entries: tuple[int, ...]

    @staticmethod
    def of(entries: Iterable[int], *values: Value) -> "Line":
        """A line of values as they are at hand."""
        return Line(tuple(map(_cell, values)), tuple(entries))


def _cell(value: Value) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, datetime):
        return (value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),)
    if isinstance(value, float):
        return (f"{value:.1f}",)
    if isinstance(value, str | int):
        return (str(value),)
    return tuple(value)


@dataclass(frozen=True, slots=True)
class Asked:
    """For when a question is answered, and about what.

    Args:
        now: as it stood then.
        agency_id, category: of a question that needs them.
    """

    now: datetime
    agency_id: str = ""
    category: str = ""


Answer = Callable[[Iterable[Body], Asked], Iterable[Line]]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that can be asked.

    Args:
        asks: the question in words.
        kinds: of which entries it is answered, in the ledger's order.
        columns: of the answer.
        answer: reads the entries once, and keeps no more of them than it needs.
        methods: of entries that an access is on record the names of the RPCs that count; empty for all.
        is_of_a_period: whether entries of a period answer it; else all from the first on are needed.
        is_of_a_referral: whether it is about one: its history comes first, then `kinds` of the agency that is
            asked about, and of nobody.
        is_of_an_agency: whether it is about what one agency was given for it, too.
    """

    asks: str
    kinds: tuple[str, ...]
    columns: tuple[Column, ...]
    answer: Answer
    methods: tuple[str, ...] = ()
    is_of_a_period: bool = False
    is_of_a_referral: bool = False
    is_of_an_agency: bool = False


def columns(**kinds: Kind) -> tuple[Column, ...]:
    """Columns by name."""
    return tuple(Column(name, kind) for name, kind in kinds.items())


def instant_of(text: str) -> datetime:
    """An instant as entries write it."""
    return datetime.fromisoformat(text)


def time_of(one: Body) -> datetime:
    """When it happened."""
    return instant_of(one["event_time"])


def actor_of(one: Body) -> str | None:
    """Who did it: their principal_id."""
    return (one["envelope"].get("actor") or {}).get("id")


def referral_of(one: Body) -> str | None:
    """The referral that it is about, where it is about one."""
    found: str | None = one["envelope"].get("referral_id") or one["fact"].get("referral_id")
    return found


def method_of(one: Body) -> str:
    """Of an access the name of the RPC, without that of its service."""
    return str(one["fact"].get("method", "")).rpartition("/")[2]


def is_granted(one: Body, method: str) -> bool:
    """Whether it is an access by that method that was granted."""
    return method_of(one) == method and one["fact"].get("outcome") == "GRANTED"


def told_few(count: int) -> str | int:
    """A number of people's doings that is told only where it is of nobody, or of enough."""
    return count if count == 0 or count >= FEW else TOO_FEW
