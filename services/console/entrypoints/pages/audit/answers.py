"""Answers to auditors' questions as rows: in a table on a page, or in a file."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response

MOST_ROWS: Final = 5_000
"""In one file: a few megabytes, and so many calls as a minute takes. Where there are more, it says so."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows with a cell for each column.

    Args:
        columns: names by their codes, in their order.
        about: of each row the id by which the ledger has it; empty where it has none.
        onward: where the next page begins; empty on the last one.
    """

    columns: Mapping[str, str]
    rows: Sequence[Sequence[str]]
    about: Sequence[str] = field(default=())
    onward: str = ""


def as_file(answer: Answer, name: str, kind: str) -> Response:
    """The rows for a spreadsheet, or for a program.

    Args:
        kind: csv or json.
    """
    headers = {"content-disposition": f'attachment; filename="kem-{name}.{kind}"'}
    about = answer.about or [""] * len(answer.rows)
    if kind == "json":
        rows = [
            {**dict(zip(answer.columns, row, strict=True)), "about": one}
            for row, one in zip(answer.rows, about, strict=True)
        ]
        told = {"question": name, "rows": rows, "has_more": bool(answer.onward)}
        content = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        return Response(content, media_type="application/json", headers=headers)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([*answer.columns, "about"])
    for row, one in zip(answer.rows, about, strict=True):
        writer.writerow([*(_plain(cell) for cell in row), one])
    if answer.onward:
        writer.writerow(["…"])
    # the mark lets spreadsheets read Greek
    content = "\N{ZERO WIDTH NO-BREAK SPACE}" + file.getvalue()
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _plain(text: str) -> str:
    """A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP)."""
    return f"'{text}" if text.startswith(_FORMULA) else text
