"""Answers to auditors' questions as rows: in a table on a page, or in a file."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from markupsafe import Markup
from starlette.responses import Response

MOST_ROWS: Final = 5_000
"""In one file: a few megabytes, and so many calls as a minute takes. Where there are more, it says so."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows with a cell for each column.

    Args:
        columns: names by their codes, in their order.
        about: of each row the id by which the ledger has it, for files; empty where it has none.
        onward: where the next page begins; empty on the last one.
        shown: the rows as a page has them, where that is not the same.
        numeric: the codes of columns with numbers.
        entries: of each row the places of the entries that show it; empty where it stands in none.
        said: what stands beneath the table: as of when, from how much.
    """

    columns: Mapping[str, str]
    rows: Sequence[Sequence[str]]
    about: Sequence[str] = field(default=())
    onward: str = ""
    shown: Sequence[Sequence[str | Markup]] = field(default=())
    numeric: frozenset[str] = frozenset()
    entries: Sequence[Sequence[int]] = field(default=())
    said: str = ""

    @property
    def filled(self) -> Sequence[str]:
        """The codes of the columns that hold something; what none of the rows has needs no room on a page."""
        return [code for place, code in enumerate(self.columns) if any(row[place] for row in self.rows)]

    def table(self) -> Sequence[Sequence[str | Markup]]:
        """The rows as a page has them: of these columns, and what stands behind them."""
        filled, width = set(self.filled), len(self.columns)
        kept = [place for place, code in enumerate(self.columns) if code in filled]
        return [[*(row[place] for place in kept), *row[width:]] for row in self.shown or self.rows]

    def and_then(self, more: "Answer") -> "Answer":
        """With the rows of the next page."""
        return replace(
            self,
            rows=[*self.rows, *more.rows],
            about=[*self.about, *more.about],
            entries=[*self.entries, *more.entries],
            onward=more.onward,
        )


def as_file(answer: Answer, name: str, kind: str) -> Response:
    """The rows for a spreadsheet, or for a program; each with its entries, or with what leads to them.

    Args:
        kind: csv or json.
    """
    headers = {"content-disposition": f'attachment; filename="kem-{name}.{kind}"'}
    if kind == "json":
        told = {"question": name, "rows": _objects(answer), "has_more": bool(answer.onward)}
        content = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        return Response(content, media_type="application/json", headers=headers)
    file = io.StringIO()
    writer = csv.writer(file)
    ways = _ways(answer)
    writer.writerow([*answer.columns, *ways])
    for row, *its in zip(answer.rows, *ways.values(), strict=True):
        writer.writerow([*(_plain(cell) for cell in row), *its])
    if answer.onward:
        writer.writerow(["…"])
    # the mark lets spreadsheets read Greek
    content = "\N{ZERO WIDTH NO-BREAK SPACE}" + file.getvalue()
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _objects(answer: Answer) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    ways = {"about": answer.about, "entries": [list(one) for one in answer.entries]}
    for name, its in ways.items():
        for row, one in zip(rows, its, strict=False):
            row[name] = one
    return rows


def _ways(answer: Answer) -> Mapping[str, Sequence[str]]:
    """What leads from each row to its entries: the id by which the ledger has it, and their places."""
    entries = [" ".join(map(str, one)) for one in answer.entries]
    return {name: its for name, its in (("about", answer.about), ("entries", entries)) if its}


def _plain(text: str) -> str:
    """A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP)."""
    return f"'{text}" if text.startswith(_FORMULA) else text
