"""What the directory said when a referral was matched: each row that its history cites, as it stood then."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.markup import escape

from kem.audit.v1 import audit_service_pb2 as ledger
from kem.directory.v1 import directory_service_pb2 as directory
from tools.audit.asking import id_of
from tools.office import Office, at_office
from tools.trace.story import athens

Row = tuple[str, int]
"""A service, and the version of its row."""
Rows = Mapping[Row, directory.ServiceVersion]
AT_ONCE: Final = 200
"""Rows in one call."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A row of the directory on which an entry rests.

    Args:
        is_asked: whether this service was asked then; else it came into question.
    """

    entry: int
    time: datetime
    is_asked: bool
    row: Row

    @classmethod
    def of(cls, line: ledger.AnswerLine) -> Self:
        """A line of the ledger's answer."""
        [time], [how], [service_id], [version] = (cell.values for cell in line.cells)
        row = (service_id, int(version))
        return cls(line.entries[0], datetime.fromisoformat(time), how == "ASKED", row)


def directory_then(referral: str, *, as_json: bool) -> None:
    """Prints each match and offer of the referral, with the rows as they stood.

    Raises:
        StackFailure: no id, nobody is signed in, or the hub refuses, in its own words.
    """
    referral_id = id_of(referral)

    async def ask(office: Office) -> tuple[list[Citation], Rows, dict[str, str]]:
        request = ledger.AnswerQuestionRequest(name="directory", referral_id=referral_id)
        answer = await office(office.hub.audit.AnswerQuestion, request)
        cited = [Citation.of(line) for line in answer.lines]
        return cited, await _rows(office, [one.row for one in cited]), await office.codes()

    cited, rows, codes = at_office(ask)
    if as_json:
        told = [{"entry": one.entry, "asked": one.is_asked, **_named(one.row)} for one in cited]
        stood = [{**MessageToDict(found), **_named(row)} for row, found in rows.items()]
        typer.echo(json.dumps({"cited": told, "rows": stood}, ensure_ascii=False, indent=1))
        return
    _print(cited, rows, codes)


async def _rows(office: Office, cited: Iterable[Row]) -> Rows:
    """Each row once, many by one call; without what the directory does not tell."""
    wanted = list(dict.fromkeys(cited))
    rows: dict[Row, directory.ServiceVersion] = {}
    for first in range(0, len(wanted), AT_ONCE):
        asked = [
            directory.CitedService(service_id=service_id, version=version)
            for service_id, version in wanted[first : first + AT_ONCE]
        ]
        request = directory.BatchGetServiceVersionsRequest(cited=asked)
        found = await office(office.hub.directory.BatchGetServiceVersions, request)
        rows |= {(one.service.service_id, one.version): one for one in found.versions}
    return rows


def _print(cited: Sequence[Citation], rows: Rows, codes: Mapping[str, str]) -> None:
    console, last = Console(highlight=False, soft_wrap=True), -1
    for one in cited:
        if one.entry != last:
            console.print(f"[cyan]{athens(one.time)}[/] [dim]#{one.entry}[/]")
        last = one.entry
        mark = "asked" if one.is_asked else "came into question"
        console.print(f"  {mark}: {escape(said_of(one.row, rows.get(one.row), codes))}")
    if not cited:
        console.print(
            "No entry of this referral cites the directory:"
            " it was never matched, or its service is restricted."
        )


def said_of(row: Row, found: directory.ServiceVersion | None, codes: Mapping[str, str]) -> str:
    """A row in one line."""
    if found is None:
        return f"service {row[0]} version {row[1]}, which the directory does not tell"
    service = found.service
    rules = service.eligibility
    takes = [
        f"{what} {', '.join(only)}"
        for what, only in (
            ("ages", rules.age_bands),
            ("sexes", rules.sexes),
            ("households", rules.household_bands),
            ("status", [rules.status_rule] if rules.status_rule else []),
            ("areas", service.areas),
        )
        if only
    ]
    until = f" until {_time(found.replaced_time)}" if found.HasField("replaced_time") else ", as it stands"
    return (
        f"{service.name.en} of {codes.get(service.agency_id, service.agency_id)} ({service.service_type}),"
        f" service {row[0]} version {row[1]}, saved {_time(found.saved_time)} by {found.saved_by_id}{until};"
        f" {'SUSPENDED; ' if found.suspended else ''}takes {'; '.join(takes) or 'everybody'};"
        f" languages {', '.join(service.languages) or 'not said'}"
    )


def _named(row: Row) -> dict[str, Any]:
    return {"service_id": row[0], "version": row[1]}


def _time(stamp: Any) -> str:
    instant: datetime = stamp.ToDatetime(tzinfo=UTC)
    return athens(instant)
