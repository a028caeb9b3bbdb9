"""Whether help comes as soon to some as to others, as intake has counted it: tables, or one JSON object."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any, Final
from uuid import uuid4

import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.table import Table

from kem.intake.v1 import fairness_service_pb2 as messages
from tools.office import Office, at_office
from tools.trace.story import athens

_PATIENCE_SECONDS: Final = 600.0
WITHHELD: Final = "·"
_COLUMNS: Final = (
    "needs",
    "asked for",
    "half of them within",
    "taken up",
    "half within",
    "still waiting",
    "half for up to",
    "answers",
    "declined",
    "by the others' measure",
)
_WITHIN: Final = {
    messages.PACE_CLASS_UNSPECIFIED: "",
    messages.PACE_CLASS_HOUR: "an hour",
    messages.PACE_CLASS_FOUR_HOURS: "4 hours",
    messages.PACE_CLASS_TWELVE_HOURS: "12 hours",
    messages.PACE_CLASS_DAY: "a day",
    messages.PACE_CLASS_TWO_DAYS: "2 days",
    messages.PACE_CLASS_FOUR_DAYS: "4 days",
    messages.PACE_CLASS_WEEK: "a week",
    messages.PACE_CLASS_TWO_WEEKS: "2 weeks",
    messages.PACE_CLASS_FOUR_WEEKS: "4 weeks",
    messages.PACE_CLASS_LONGER: "longer",
}


def tell_fairness(*, make: bool, as_json: bool) -> None:
    """Prints the newest report; a new one where it is asked for.

    Raises:
        StackFailure: nobody is signed in, or the hub refuses, in its own words.
    """

    async def ask(office: Office) -> Sequence[messages.FairnessReport]:
        fairness = office.hub.fairness
        if make:

            async def patiently(request: Any, *, metadata: Any, timeout: float) -> Any:
                return await fairness.MakeFairnessReport(
                    request, metadata=metadata, timeout=max(timeout, _PATIENCE_SECONDS)
                )

            made = await office(patiently, messages.MakeFairnessReportRequest(request_id=str(uuid4())))
            return [made.report]
        listed = await office(fairness.ListFairnessReports, messages.ListFairnessReportsRequest(page_size=1))
        return list(listed.reports)

    reports = at_office(ask)
    if as_json:
        told = [MessageToDict(one, always_print_fields_with_no_presence=True) for one in reports]
        typer.echo(json.dumps({"reports": told}, ensure_ascii=False, indent=1))
        return
    console = Console(highlight=False)
    for report in reports:
        for line in report_lines(report):
            console.print(line)
    if not reports:
        console.print("No report was made yet: ./kem audit fairness --new makes the first.")


def report_lines(report: messages.FairnessReport) -> Iterator[str | Table]:
    """A report as a terminal shows it."""
    since = _time(report.from_time) if report.HasField("from_time") else "the first need"
    yield (
        f"Report {report.number}: {report.needs} needs from {since} until {_time(report.until_time)},"
        f" as they stood {_time(report.made_time)}. {WITHHELD} is withheld: under five, or such a number"
        " would follow from it."
    )
    for table in report.tables:
        name = messages.FairnessDimension.Name(table.dimension).removeprefix("FAIRNESS_DIMENSION_")
        shown = Table(name.lower().replace("_", " "), *_COLUMNS, box=None)
        for group in table.groups:
            shown.add_row(*_cells(group))
        yield shown


def _cells(group: messages.FairnessGroup) -> list[str]:
    told = {field.name: value for field, value in group.ListFields()}

    def number(name: str) -> str:
        return str(told.get(name, WITHHELD))

    return [
        "others together" if group.group == "OTHERS" else group.group,
        str(group.needs),
        number("offered"),
        _WITHIN[group.time_to_offer],
        number("accepted"),
        _WITHIN[group.time_to_acceptance],
        number("waiting"),
        _WITHIN[group.time_waiting],
        number("answered"),
        number("declined"),
        number("expected_declined"),
    ]


def _time(stamp: Any) -> str:
    return athens(stamp.ToDatetime(tzinfo=UTC))
