"""What coordinators are told: sums, never a case. Each report as tables, a chart beside each, and a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.common.v1.common_pb2 import Urgency
from kem.referral.v1 import report_service_pb2 as messages
from kem.referral.v1.referral_pb2 import ReferralState
from kernel.codes import SERVICE_TYPES
from kernel.errors import Invalid
from kernel.vocabulary import Role
from services.console.adapters.names import Names
from services.console.entrypoints.codes import named, text_of
from services.console.entrypoints.forms import as_date
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.coordination.tables import (
    Column,
    Reading,
    Table,
    as_csv,
    duration,
)
from services.console.entrypoints.rendering import ATHENS

COORDINATORS: Final = frozenset({Role.COMMITTEE_COORDINATOR, Role.ACCMR_OFFICER, Role.SUPERVISOR, Role.DPO})
_USUAL_DAYS: Final = 30
_SERVICE: Final = "ReportService/"
_AGENCIES: Final = "DirectoryService/ListAgencies"


@dataclass(frozen=True, slots=True)
class Kind:
    """One report.

    Args:
        rpc: the method that makes it.
        has_period: whether it is about a period; else about now.
    """

    name: str
    rpc: str
    has_period: bool = True


KINDS: Final = (
    Kind("demand", "GetDemandReport"),
    Kind("response-times", "GetResponseTimesReport"),
    Kind("waiting-lists", "GetWaitingListsReport", has_period=False),
    Kind("gaps", "GetGapsReport"),
    Kind("overdue", "GetOverdueReport", has_period=False),
)


class CoordinationPages:
    """The reports' pages."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        found = [
            Page("/coordination", self.start, COORDINATORS, nav=NavigationEntry("Coordination", 40)),
            Page(
                "/coordination/overdue/cases",
                self.cases,
                frozenset({Role.ACCMR_OFFICER}),
                (_SERVICE + "ListOverdueReferrals", _AGENCIES),
            ),
        ]
        for kind in KINDS:
            path, calls = f"/coordination/{kind.name}", (_SERVICE + kind.rpc, _AGENCIES)
            found.append(Page(path, self._page(kind), COORDINATORS, calls))
            found.append(Page(f"{path}.csv", self._file(kind), COORDINATORS, calls))
        return tuple(found)

    async def start(self, visit: Visit) -> Response:
        """Which reports there are."""
        titles = _titles(visit)
        return visit.render(
            "coordination/start.html",
            title=visit.say("Coordination"),
            reports=[(f"/coordination/{kind.name}", *titles[kind.name]) for kind in KINDS],
            sees_cases=visit.staff.has(Role.ACCMR_OFFICER),
        )

    def _page(self, kind: Kind) -> Any:
        async def report(visit: Visit) -> Response:
            title, what = _titles(visit)[kind.name]
            first, last = _period(visit)
            tables, total = await self._tables(visit, kind, first, last)
            return visit.render(
                "coordination/report.html",
                title=title,
                code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
                what=what,
                tables=tables,
                total=total,
                has_period=kind.has_period,
                first=first,
                last=last,
                file=f"/coordination/{kind.name}.csv",
                duration=lambda seconds: duration(seconds, visit.say),
            )

        return report

    def _file(self, kind: Kind) -> Any:
        async def file(visit: Visit) -> Response:
            first, last = _period(visit)
            tables, _ = await self._tables(visit, kind, first, last)
            days = f"-{first:%Y%m%d}-{last:%Y%m%d}" if kind.has_period else f"-{datetime.now(ATHENS):%Y%m%d}"
            headers = {"content-disposition": f'attachment; filename="kem-{kind.name}{days}.csv"'}
            # the mark lets spreadsheets read Greek
            content = "\N{ZERO WIDTH NO-BREAK SPACE}" + as_csv(tables, visit.say("name"))
            return Response(content, media_type="text/csv; charset=utf-8", headers=headers)

        return file

    async def _tables(
        self, visit: Visit, kind: Kind, first: date, last: date
    ) -> tuple[Sequence[Table], int | None]:
        if visit.errors:
            return [], None
        request = getattr(messages, f"{kind.rpc}Request")()
        if kind.has_period:
            request.period.from_date, request.period.until_date = first.isoformat(), last.isoformat()
        try:
            answer = await visit.ask(getattr(visit.hub.reports, kind.rpc), request)
        except Invalid as error:
            visit.errors.add("from", error.message)
            return [], None
        agencies = await self._names.agencies(visit.staff.metadata)
        reading = Reading(visit.language, visit.say, agencies)
        total = next(
            (
                int(getattr(answer, name))
                for name in ("needs", "offers", "waiting", "referrals")
                if name in answer.DESCRIPTOR.fields_by_name and answer.HasField(name)
            ),
            None,
        )
        return reading.tables(answer.tables, _columns(visit)[kind.name]), total

    async def cases(self, visit: Visit) -> Response:
        """Which cases are overdue: for the City's officer alone, and on record."""
        request = messages.ListOverdueReferralsRequest(page_size=100, page_token=visit.query("page"))
        listed = await visit.ask(visit.hub.reports.ListOverdueReferrals, request)
        agencies, language = await self._names.agencies(visit.staff.metadata), visit.language
        state = ReferralState
        return visit.render(
            "coordination/cases.html",
            title=visit.say("Overdue cases"),
            next_page=listed.next_page_token,
            now=datetime.now(UTC),
            cases=[
                {
                    "referral_id": one.referral_id,
                    "type": named(SERVICE_TYPES, one.service_type, language),
                    "urgency": Urgency.Name(one.urgency).removeprefix("URGENCY_"),
                    "state": state.Name(one.state).removeprefix("REFERRAL_STATE_"),
                    "sender": text_of(agencies[one.sender_agency_id].name, language)
                    if one.sender_agency_id in agencies
                    else "",
                    "due": one.person_due_time.ToDatetime(tzinfo=UTC),
                    "offers": one.offers_made,
                }
                for one in listed.referrals
            ],
        )


def _period(visit: Visit) -> tuple[date, date]:
    """The days that are asked for; the last month where none are."""
    today = datetime.now(ATHENS).date()
    days = []
    for name, usual in (("from", today - timedelta(days=_USUAL_DAYS)), ("until", today)):
        typed = visit.query(name)
        day = as_date(typed) if typed else usual
        if day is None:
            visit.errors.add(name, visit.say("Type the date as day/month/year."))
        days.append(day or usual)
    if days[1] < days[0]:
        visit.errors.add("until", visit.say("The last day comes before the first."))
    return days[0], days[1]


def _titles(visit: Visit) -> dict[str, tuple[str, str]]:
    say = visit.say
    return {
        "demand": (say("Demand and capacity"), say("What people ask for, beside what there is now.")),
        "response-times": (say("Response times"), say("How soon agencies answer what they are asked.")),
        "waiting-lists": (say("Waiting lists"), say("Who waits for a place, and for how long.")),
        "gaps": (say("Gaps in service"), say("What was asked for and is nowhere to be had.")),
        "overdue": (say("Overdue"), say("For whom nobody has found help in time.")),
    }


def _columns(visit: Visit) -> dict[str, Sequence[Column]]:
    say = visit.say
    referrals = Column("referrals", say("Referrals"))
    return {
        "demand": (
            Column("needs", say("Needs")),
            Column("services", say("Services")),
            Column("unlimited_services", say("of them without a limit")),
            Column("places", say("Places")),
            Column("free_places", say("Free places")),
        ),
        "response-times": (
            Column("offers", say("Asked")),
            Column("answered", say("Answered")),
            Column("taken_up", say("Taken up")),
            Column("expired", say("Not answered in time")),
            Column("half_within_seconds", say("Half within"), is_duration=True),
            Column("nine_of_ten_within_seconds", say("Nine of ten within"), is_duration=True),
        ),
        "waiting-lists": (
            Column("waiting", say("Waiting")),
            Column("half_for_seconds", say("Half of them for"), is_duration=True),
        ),
        "gaps": (referrals,),
        "overdue": (referrals,),
    }
