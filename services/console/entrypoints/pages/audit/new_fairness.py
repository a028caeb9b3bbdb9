"""A new report of fairness: which needs it will count, and the button; as `./kem audit fairness --new`."""

from datetime import UTC
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from kem.intake.v1 import fairness_service_pb2 as messages
from kernel.errors import Conflict, RuleBroken, Unavailable
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.fairness import FAIRNESS
from services.console.entrypoints.pages.audit.roles import READERS
from services.console.entrypoints.refusals import words_for

PATIENCE_SECONDS: Final = 30.0
"""It counts all needs since the last report: as long as the hub lets a call run."""
_CALLS: Final = ("FairnessService/MakeFairnessReport", "FairnessService/ListFairnessReports")


async def new_report(visit: Visit) -> Response:
    """The period of the next report; sent, it is made once, and whoever sent it is on record."""
    if visit.is_sent:
        request = messages.MakeFairnessReportRequest(request_id=visit.form.request_id)
        try:
            await visit.ask(visit.hub.fairness.MakeFairnessReport, request, timeout=PATIENCE_SECONDS)
        except (Conflict, RuleBroken) as error:
            visit.errors.add("", str(words_for(error, visit.language)))
        except Unavailable:
            visit.errors.add(
                "",
                visit.say(
                    "Counting took longer than the hub lets a call run, or a service was away. Press the"
                    " button again at an hour at which the hub has little to do: if the report was made after"
                    " all, no second one is made."
                ),
            )
        else:
            return visit.go(FAIRNESS.path, "fairness-made")
    listed = await visit.ask(
        visit.hub.fairness.ListFairnessReports, messages.ListFairnessReportsRequest(page_size=1)
    )
    last = listed.reports[0] if listed.reports else None
    return visit.render(
        "audit/new_fairness.html",
        title=visit.say("A new report of fairness"),
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        report=FAIRNESS.path,
        last=last,
        until=last.until_time.ToDatetime(tzinfo=UTC) if last else None,
        made=last.made_time.ToDatetime(tzinfo=UTC) if last else None,
    )


NEW_REPORT: Final = Page(FAIRNESS.makes, new_report, READERS, _CALLS, methods=("GET", "POST"))
