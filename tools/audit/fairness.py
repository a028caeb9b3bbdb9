"""Whether help comes as soon to some as to others, as intake has counted it: tables, or one JSON object."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.table import Table

from chassis.call_guard import LONGEST_CALL_SECONDS
from kem.intake.v1 import fairness_service_pb2 as messages
from tools.hub import Credentials
from tools.office import Office, at_office
from tools.partner.calls import Refused, call
from tools.stack.failure import StackFailure
from tools.trace.story import athens

if TYPE_CHECKING:  # stubs' own types are not at run time
    from kem.intake.v1.fairness_service_pb2_grpc import FairnessServiceAsyncStub

_RAN_OUT: Final = "DEADLINE_EXCEEDED"
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
        if make:
            return [await make_report(office.hub.fairness, office.caller)]
        request = messages.ListFairnessReportsRequest(page_size=1)
        return list((await office(office.hub.fairness.ListFairnessReports, request)).reports)

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


async def make_report(
    fairness: "FairnessServiceAsyncStub", caller: Credentials, within_seconds: float = LONGEST_CALL_SECONDS
) -> messages.FairnessReport:
    """A new report. It counts for longer than other calls take, so it gets as long as the hub lets any call
    run; it is asked once, because each try would count all from the start.

    Raises:
        StackFailure: that was not enough; nothing of it was kept.
        Refused: in the hub's own words.
    """

    async def patiently(request: Any, *, metadata: Any, timeout: float) -> Any:
        return await fairness.MakeFairnessReport(request, metadata=metadata, timeout=within_seconds)

    request = messages.MakeFairnessReportRequest(request_id=str(uuid4()))
    try:
        made = await call(patiently, request, caller, tries=1)
    except Refused as refusal:
        if refusal.reason != _RAN_OUT:
            raise
        raise StackFailure(
            f"The hub gives a call {within_seconds:g} seconds, and counting the needs since the last report"
            " took longer: no report was made, and nothing of it was kept. Ask again at an hour at which the"
            " hub has little to do; make reports more often, so that each counts fewer needs.",
            1,
        ) from None
    report: messages.FairnessReport = made.report
    return report


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
