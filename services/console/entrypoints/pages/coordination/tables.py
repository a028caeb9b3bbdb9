"""The reports as tables: the same rows for the page, for its chart and for a file of a spreadsheet."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kem.directory.v1.directory_pb2 import Agency
from kem.referral.v1 import report_service_pb2 as messages
from kernel.codes import DISTRICTS, LANGUAGES, REASONS, SECTORS
from services.console.entrypoints.codes import named, text_of
from services.console.entrypoints.words import REFERRAL_STATES, URGENCIES

WITHHELD: Final = "·"
"""Stands where a number is under five, or would give such a one away."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of every row, and how it is written.

    Args:
        is_drawn: whether the chart has a bar of it, beside the others that are drawn: all of one unit.
        may_be_endless: whether some of a row may be there for as many as come, beside what is counted.
    """

    field: str
    head: str
    is_duration: bool = False
    is_drawn: bool = False
    may_be_endless: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What the referrals of a row have in common, and its figures in the order of the columns.

    Args:
        is_endless: whether some service of it takes as many as come.
    """

    code: str
    name: str
    figures: tuple[int | None, ...]
    is_endless: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A report by one dimension."""

    dimension: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]

    @property
    def drawn(self) -> list[Column]:
        """Of which the chart has bars."""
        return [column for column in self.columns if column.is_drawn]

    def bars(self, row: Row) -> list[tuple[Column, int | None, float]]:
        """The bars of a row: of what, its figure, and what part of the longest bar it is."""
        places = [place for place, column in enumerate(self.columns) if column.is_drawn]
        longest = max((one.figures[place] or 0 for one in self.rows for place in places), default=0)
        found = [(self.columns[place], row.figures[place]) for place in places]
        return [(column, figure, (figure or 0) / longest if longest else 0.0) for column, figure in found]


class Reading:
    """Reads answers in the language of the page."""

    def __init__(self, language: str, say: Callable[[str], str], agencies: Mapping[str, Agency]) -> None:
        self._language, self._say, self._agencies = language, say, agencies

    def tables(self, found: Iterable[Any], columns: Sequence[Column]) -> list[Table]:
        """One for each dimension."""
        return [self._table(one, columns) for one in found]

    def _table(self, table: Any, columns: Sequence[Column]) -> Table:
        dimension = messages.ReportDimension.Name(table.dimension).removeprefix("REPORT_DIMENSION_")
        rows = [
            Row(
                row.group.code,
                self._name(dimension, row.group),
                tuple(_figure(row, one.field) for one in columns),
                getattr(row, "unlimited_services", 0) > 0,
            )
            for row in table.rows
        ]
        return Table(dimension, self._caption(dimension), columns, rows)

    def _caption(self, dimension: str) -> str:
        say = self._say
        return {
            "SECTOR": say("By field of help"),
            "URGENCY": say("By urgency"),
            "DISTRICT": say("By district"),
            "LANGUAGE": say("By language"),
            "AGENCY": say("By agency"),
            "REASON": say("By reason"),
            "STATE": say("By where it stands"),
        }[dimension]

    def _name(self, dimension: str, group: messages.ReportGroup) -> str:
        code, language, say = group.code, self._language, self._say
        if not code:
            return say("Not known, or not told")
        if dimension == "AGENCY":
            if group.is_masked:
                return say("Agency %(letter)s") % {"letter": code}
            found = self._agencies.get(code)
            return text_of(found.name, language) if found is not None else code
        lists: Mapping[str, Mapping[str, Any]] = {
            "SECTOR": SECTORS,
            "DISTRICT": DISTRICTS,
            "LANGUAGE": LANGUAGES,
            "REASON": REASONS["UNMATCHED"],
        }
        if dimension in lists:
            return named(lists[dimension], code, language)
        names = {**URGENCIES, **REFERRAL_STATES}
        return say(names[code]) if code in names else code


def duration(seconds: int | None, say: Callable[[str], str]) -> str:
    """In the largest unit that says enough."""
    if seconds is None:
        return WITHHELD
    if seconds < 3600:
        return say("%(number)s min") % {"number": max(1, seconds // 60)}
    if seconds < 2 * 86400:
        return say("%(number)s h") % {"number": seconds // 3600}
    return say("%(number)s days") % {"number": seconds // 86400}


def as_csv(tables: Sequence[Table], head: str) -> str:
    """All tables in one file: dimension, code, name and the figures; durations in seconds.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP).
    """
    file = io.StringIO()
    writer = csv.writer(file)
    columns = tables[0].columns if tables else ()
    writer.writerow(["dimension", "code", head, *(one.field for one in columns)])
    for table in tables:
        for row in table.rows:
            figures = ["" if one is None else one for one in row.figures]
            writer.writerow([table.dimension, _plain(row.code), _plain(row.name), *figures])
    return file.getvalue()


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _figure(row: Any, field: str) -> int | None:
    descriptor = row.DESCRIPTOR.fields_by_name[field]
    if descriptor.has_presence and not row.HasField(field):
        return None
    return int(getattr(row, field))
