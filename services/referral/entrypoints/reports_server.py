"""The doors of ReportService."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from chassis.access import Access
from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Database
from kem.common.v1.common_pb2 import Urgency
from kem.referral.v1 import report_service_pb2 as rpc
from kem.referral.v1.referral_pb2 import ReferralState
from kem.referral.v1.report_service_pb2_grpc import ReportServiceServicer
from kernel.codes import Role
from services.referral.adapters.postgres_agencies import PostgresAgencies
from services.referral.adapters.postgres_reports import OverdueCase, PostgresReports
from services.referral.domain.report import Period
from services.referral.entrypoints.translate_pages import page_end, page_token
from services.referral.entrypoints.translate_referral import asked_date
from services.referral.use_cases.make_report import (
    LIST_OVERDUE,
    Report,
    ReportStores,
    demand_report,
    gaps_report,
    list_overdue,
    overdue_report,
    response_times_report,
    waiting_lists_report,
)

_SERVICE: Final = "/kem.referral.v1.ReportService/"
_READERS: Final = Access(
    roles=frozenset({Role.COMMITTEE_COORDINATOR, Role.ACCMR_OFFICER, Role.SUPERVISOR, Role.DPO})
)
REPORT_ACCESS: Final[Mapping[str, Access]] = {
    **dict.fromkeys(
        (
            _SERVICE + "GetDemandReport",
            _SERVICE + "GetResponseTimesReport",
            _SERVICE + "GetWaitingListsReport",
            _SERVICE + "GetGapsReport",
            _SERVICE + "GetOverdueReport",
        ),
        _READERS,
    ),
    LIST_OVERDUE: Access(roles=frozenset({Role.ACCMR_OFFICER})),
}
_DEFAULT_PAGE: Final = 50


class ReportServicer(ReportServiceServicer):
    """Reads only, by the calls' login: what it reaches beyond the caller's own are sums."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stores = ReportStores(PostgresReports(), PostgresAgencies())

    async def GetDemandReport(
        self, request: rpc.GetDemandReportRequest, context: Any
    ) -> rpc.GetDemandReportResponse:
        period = _period(request.period)
        async with self._database.transaction(current_caller()) as tx:
            report = await demand_report(period, request.committee, tx, self._stores)
        return rpc.GetDemandReportResponse(
            tables=_tables(report, rpc.DemandTable, rpc.DemandRow),
            needs=report.total,
            committee=report.committee,
        )

    async def GetResponseTimesReport(
        self, request: rpc.GetResponseTimesReportRequest, context: Any
    ) -> rpc.GetResponseTimesReportResponse:
        period = _period(request.period)
        async with self._database.transaction(current_caller()) as tx:
            report = await response_times_report(period, request.committee, tx, self._stores)
        return rpc.GetResponseTimesReportResponse(
            tables=_tables(report, rpc.ResponseTimesTable, rpc.ResponseTimesRow),
            offers=report.total,
            committee=report.committee,
        )

    async def GetWaitingListsReport(
        self, request: rpc.GetWaitingListsReportRequest, context: Any
    ) -> rpc.GetWaitingListsReportResponse:
        async with self._database.transaction(current_caller()) as tx:
            report = await waiting_lists_report(request.committee, tx, self._stores)
        return rpc.GetWaitingListsReportResponse(
            tables=_tables(report, rpc.WaitingTable, rpc.WaitingRow),
            waiting=report.total,
            committee=report.committee,
        )

    async def GetGapsReport(
        self, request: rpc.GetGapsReportRequest, context: Any
    ) -> rpc.GetGapsReportResponse:
        period = _period(request.period)
        async with self._database.transaction(current_caller()) as tx:
            report = await gaps_report(period, request.committee, tx, self._stores)
        return rpc.GetGapsReportResponse(
            tables=_tables(report, rpc.CountTable, rpc.CountRow),
            referrals=report.total,
            committee=report.committee,
        )

    async def GetOverdueReport(
        self, request: rpc.GetOverdueReportRequest, context: Any
    ) -> rpc.GetOverdueReportResponse:
        async with self._database.transaction(current_caller()) as tx:
            report = await overdue_report(request.committee, tx, self._stores)
        return rpc.GetOverdueReportResponse(
            tables=_tables(report, rpc.CountTable, rpc.CountRow),
            referrals=report.total,
            committee=report.committee,
        )

    async def ListOverdueReferrals(
        self, request: rpc.ListOverdueReferralsRequest, context: Any
    ) -> rpc.ListOverdueReferralsResponse:
        after, limit = page_end(request.page_token), request.page_size or _DEFAULT_PAGE
        async with self._database.transaction(current_caller()) as tx:
            page, end = await list_overdue(after, limit, tx, self._stores)
        return rpc.ListOverdueReferralsResponse(
            referrals=map(_case_message, page), next_page_token=page_token(end)
        )


def _period(message: rpc.ReportPeriod) -> Period:
    """Raises Invalid (DATE_INVALID, PERIOD_INVALID)."""
    from_day, until_day = asked_date(message.from_date), asked_date(message.until_date)
    if from_day is None or until_day is None:
        raise AssertionError("protovalidate lets no empty day pass")
    return Period(from_day, until_day)


def _tables(report: Report, table: Callable[..., Message], row: Callable[..., Message]) -> list[Any]:
    return [
        table(
            dimension=rpc.ReportDimension.Value(f"REPORT_DIMENSION_{dimension}"),
            rows=[
                row(group=rpc.ReportGroup(code=named.code, is_masked=named.is_masked), **figures)
                for named, figures in rows
            ],
        )
        for dimension, rows in report.tables.items()
    ]


def _case_message(case: OverdueCase) -> rpc.OverdueReferral:
    return rpc.OverdueReferral(
        referral_id=str(case.referral_id),
        service_type=case.service_type,
        urgency=Urgency.Value(f"URGENCY_{case.urgency}"),
        state=ReferralState.Value(f"REFERRAL_STATE_{case.state}"),
        sender_agency_id=str(case.sender_agency_id),
        recorded_time=timestamp(case.recorded_time),
        person_due_time=timestamp(case.person_due_time),
        offers_made=case.offers_made,
    )
