"""What coordinators are told: sums, never a case. Each report as tables, a chart beside each, and a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from kem.common.v1.common_pb2 import Urgency
from kem.referral.v1 import report_service_pb2 as messages
from kem.referral.v1.referral_pb2 import ReferralState
from kernel.codes import COMMITTEES, SERVICE_TYPES
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
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.rendering import ATHENS

COORDINATORS: Final = frozenset({Role.COMMITTEE_COORDINATOR, Role.ACCMR_OFFICER, Role.SUPERVISOR, Role.DPO})
_USUAL_DAYS: Final = 30
_SERVICE: Final = "ReportService/"
_AGENCIES: Final = "DirectoryService/ListAgencies"
_WHOLE: Final = (Role.ACCMR_OFFICER, Role.DPO)
"""Who is told of everything, as KEM's own supervisors are; whoever else of a committee of their agency's."""
_KEM: Final = "KEM"


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


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for.

    Args:
        committee: of which committee; empty: of everything.
        committees: among which the reader may choose.
    """

    first: date
    last: date
    committee: str
    committees: Sequence[str]


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
            Page(
                "/coordination",
                self.start,
                COORDINATORS,
                (_AGENCIES,),
                nav=NavigationEntry("Coordination", 40),
            ),
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
        """Which reports there are, and of which committees."""
        committees = await self._committees(visit)
        if committees == []:
            return _nothing_to_tell(visit, HTTPStatus.OK)
        titles = _titles(visit)
        return visit.render(
            "coordination/start.html",
            title=visit.say("Coordination"),
            reports=[(f"/coordination/{kind.name}", *titles[kind.name]) for kind in KINDS],
            committees=[named(COMMITTEES, one, visit.language) for one in committees or ()],
            sees_cases=visit.staff.has(Role.ACCMR_OFFICER),
        )

    async def _committees(self, visit: Visit) -> Sequence[str] | None:
        """Of which the reader is told, one at a time, by code; None: of everything."""
        user = visit.staff
        if user.has(*_WHOLE):
            return None
        own = (await self._names.agencies(user.metadata)).get(user.agency_id or "")
        if own is not None and own.code == _KEM and user.has(Role.SUPERVISOR):
            return None
        return sorted(own.committees) if own is not None else []

    async def _asked(self, visit: Visit) -> Asked | None:
        """None where nothing may be told to the reader."""
        first, last = _period(visit)
        committees = await self._committees(visit)
        if committees is None:
            return Asked(first, last, "", ())
        chosen = visit.query("committee")
        if not committees:
            return None
        return Asked(first, last, chosen if chosen in committees else committees[0], committees)

    def _page(self, kind: Kind) -> Any:
        async def report(visit: Visit) -> Response:
            asked = await self._asked(visit)
            if asked is None:
                return _nothing_to_tell(visit, HTTPStatus.FORBIDDEN)
            tables, total = await self._tables(visit, kind, asked)
            return _shown(visit, kind, asked, tables, total)

        return report

    def _file(self, kind: Kind) -> Any:
        async def file(visit: Visit) -> Response:
            asked = await self._asked(visit)
            if asked is None:
                return _nothing_to_tell(visit, HTTPStatus.FORBIDDEN)
            tables, _ = await self._tables(visit, kind, asked)
            if visit.errors:
                return _shown(visit, kind, asked, [], None)  # a file could not say why there is none
            today = datetime.now(ATHENS)
            days = f"-{asked.first:%Y%m%d}-{asked.last:%Y%m%d}" if kind.has_period else f"-{today:%Y%m%d}"
            of = f"-{asked.committee}" if asked.committee else ""
            headers = {"content-disposition": f'attachment; filename="kem-{kind.name}{of}{days}.csv"'}
            # the mark lets spreadsheets read Greek
            content = "\N{ZERO WIDTH NO-BREAK SPACE}" + as_csv(tables, visit.say("name"))
            return Response(content, media_type="text/csv; charset=utf-8", headers=headers)

        return file

    async def _tables(self, visit: Visit, kind: Kind, asked: Asked) -> tuple[Sequence[Table], int | None]:
        if visit.errors:
            return [], None
        request = getattr(messages, f"{kind.rpc}Request")(committee=asked.committee)
        if kind.has_period:
            request.period.from_date = asked.first.isoformat()
            request.period.until_date = asked.last.isoformat()
        try:
            answer = await visit.ask(getattr(visit.hub.reports, kind.rpc), request)
        except Invalid as error:
            visit.errors.add("from", words_for(error, visit.language))
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


def _shown(visit: Visit, kind: Kind, asked: Asked, tables: Sequence[Table], total: int | None) -> Response:
    """A report as a page; with what is wrong about what was asked for, where something is."""
    title, what = _titles(visit)[kind.name]
    path, period = f"/coordination/{kind.name}", {}
    if kind.has_period and not visit.errors:
        period = {"from": asked.first.isoformat(), "until": asked.last.isoformat()}

    def address(path: str, committee: str) -> str:
        asked_for = period | ({"committee": committee} if committee else {})
        return f"{path}?{urlencode(asked_for)}" if asked_for else path

    return visit.render(
        "coordination/report.html",
        title=title,
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        what=what,
        tables=tables,
        total=total,
        has_endless=any(row.is_endless for one in tables for row in one.rows),
        has_period=kind.has_period,
        first=asked.first,
        last=asked.last,
        address=path,
        committee=asked.committee,
        committee_name=named(COMMITTEES, asked.committee, visit.language) if asked.committee else "",
        committees=[
            (address(path, one), named(COMMITTEES, one, visit.language), one == asked.committee)
            for one in asked.committees
        ],
        file="" if visit.errors else address(f"{path}.csv", asked.committee),
        duration=lambda seconds: duration(seconds, visit.say),
    )


def _nothing_to_tell(visit: Visit, code: HTTPStatus) -> Response:
    """Their agency sits in no committee: whom to ask."""
    return visit.render("coordination/no_committee.html", title=visit.say("Coordination"), code=code)


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
    referrals = Column("referrals", say("Referrals"), is_drawn=True)
    return {
        "demand": (
            Column("needs", say("Needs"), is_drawn=True),
            Column("services", say("Services")),
            Column("unlimited_services", say("of them without a limit")),
            Column("places", say("Places"), is_drawn=True, may_be_endless=True),
            Column("free_places", say("Free places")),
        ),
        "response-times": (
            Column("offers", say("Asked")),
            Column("answered", say("Answered")),
            Column("taken_up", say("Taken up")),
            Column("expired", say("Not answered in time")),
            Column("half_within_seconds", say("Half within"), is_duration=True, is_drawn=True),
            Column("nine_of_ten_within_seconds", say("Nine of ten within"), is_duration=True, is_drawn=True),
        ),
        "waiting-lists": (
            Column("waiting", say("Waiting"), is_drawn=True),
            Column("half_for_seconds", say("Half of them for"), is_duration=True),
        ),
        "gaps": (referrals,),
        "overdue": (referrals,),
    }
