"""What the directory said when a referral was matched: each row that its history cites, as it stood then."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.markup import escape

from kem.directory.v1 import directory_service_pb2 as directory
from tools.audit.asking import id_of, traced
from tools.audit.reading import Reader
from tools.office import Office, at_office
from tools.trace.story import athens

Body = Mapping[str, Any]
Row = tuple[str, int]
"""A service, and the version of its row."""


@dataclass(frozen=True, slots=True)
class Citation:
    """An entry, and the rows of the directory that it rests on.

    Args:
        offered: the service that was asked; None where none was, or it is restricted.
        proposed: those that the match put first, the best one first.
    """

    body: Body
    offered: Row | None
    proposed: tuple[Row, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys([*([self.offered] if self.offered else []), *self.proposed]))


def directory_then(referral: str, *, as_json: bool) -> None:
    """Prints each match and offer of the referral, with the rows as they stood.

    Raises:
        StackFailure: no id, nobody is signed in, or the hub refuses, in its own words.
    """
    referral_id = id_of(referral)

    async def ask(office: Office) -> tuple[list[Citation], dict[Row, Any], dict[str, str]]:
        history = [json.loads(one.entry.body) async for one in traced(office, referral_id)]
        cited = list(citations(history))
        rows = {
            row: await office(
                office.hub.directory.GetServiceVersion,
                directory.GetServiceVersionRequest(service_id=row[0], version=row[1]),
            )
            for row in dict.fromkeys(row for one in cited for row in one.rows)
        }
        return cited, rows, await office.codes()

    cited, rows, codes = at_office(ask)
    if as_json:
        told = [
            {
                "entry": one.body["index"],
                "type": one.body["type"],
                "offered": _named(one.offered),
                "proposed": [_named(row) for row in one.proposed],
            }
            for one in cited
        ]
        stood = [{**_named(row), **MessageToDict(found)} for row, found in rows.items()]
        typer.echo(json.dumps({"cited": told, "rows": stood}, ensure_ascii=False, indent=1))
        return
    console, reader = Console(highlight=False, soft_wrap=True), Reader(codes)
    for one in cited:
        console.print(reader.line(one.body))
        for row in one.rows:
            mark = "asked" if row == one.offered else "came into question"
            console.print(f"  {mark}: {escape(said_of(row, rows[row], codes))}")
    if not cited:
        console.print(
            "No entry of this referral cites the directory:"
            " it was never matched, or its service is restricted."
        )


def citations(history: Iterable[Body]) -> Iterator[Citation]:
    """The entries that rest on the directory; of an offer from before it cited a version, by its match."""
    for body in history:
        fact = body["fact"] or {}
        considered = (fact.get("considered") or {}).get("proposed", [])
        proposed = {one["service_id"]: int(one["service_version"]) for one in considered}
        offered = None
        if body["type"] == "ReferralOffered" and (service_id := fact.get("service_id")):
            version = int(fact.get("service_version") or proposed.get(service_id, 0))
            offered = (service_id, version) if version else None
        if offered or proposed:
            yield Citation(body, offered, tuple(proposed.items()))


def said_of(row: Row, found: directory.GetServiceVersionResponse, codes: Mapping[str, str]) -> str:
    """A row in one line."""
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


def _named(row: Row | None) -> dict[str, Any]:
    return {"service_id": row[0], "version": row[1]} if row else {}


def _time(stamp: Any) -> str:
    instant: datetime = stamp.ToDatetime(tzinfo=UTC)
    return athens(instant)
