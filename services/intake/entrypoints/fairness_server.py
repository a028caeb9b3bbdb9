"""The door for reports of fairness."""

from dataclasses import asdict
from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Database
from kem.intake.v1 import fairness_service_pb2 as messages
from kem.intake.v1.fairness_service_pb2_grpc import FairnessServiceServicer
from services.intake.adapters.postgres_fairness import FairnessReport
from services.intake.domain.fairness import Group
from services.intake.use_cases.make_fairness_report import (
    FairnessParts,
    list_fairness_reports,
    make_fairness_report,
)

MAKE: Final = "/kem.intake.v1.FairnessService/MakeFairnessReport"
USUAL_PAGE: Final = 10

_Context = grpc.aio.ServicerContext


class FairnessServer(FairnessServiceServicer):
    """kem.intake.v1.FairnessService."""

    def __init__(self, database: Database, parts: FairnessParts) -> None:
        self._database, self._parts = database, parts

    async def MakeFairnessReport(
        self,
        request: messages.MakeFairnessReportRequest,
        context: _Context[messages.MakeFairnessReportRequest, messages.MakeFairnessReportResponse],
    ) -> messages.MakeFairnessReportResponse:
        request_id = UUID(request.request_id)
        made = await make_fairness_report(request_id, MAKE, current_caller(), self._database, self._parts)
        return messages.MakeFairnessReportResponse(report=_report_message(made))

    async def ListFairnessReports(
        self,
        request: messages.ListFairnessReportsRequest,
        context: _Context[messages.ListFairnessReportsRequest, messages.ListFairnessReportsResponse],
    ) -> messages.ListFairnessReportsResponse:
        async with self._database.transaction(current_caller()) as tx:
            made = await list_fairness_reports(request.page_size or USUAL_PAGE, tx, self._parts.reports)
        return messages.ListFairnessReportsResponse(reports=map(_report_message, made))


def _report_message(report: FairnessReport) -> messages.FairnessReport:
    return messages.FairnessReport(
        number=report.number,
        from_time=timestamp(report.from_time) if report.from_time else None,
        until_time=timestamp(report.until_time),
        needs=report.needs,
        made_time=timestamp(report.made_time),
        tables=[
            messages.FairnessTable(
                dimension=messages.FairnessDimension.Value(f"FAIRNESS_DIMENSION_{dimension}"),
                groups=map(_group_message, groups),
            )
            for dimension, groups in report.tables.items()
        ],
    )


def _group_message(group: Group) -> messages.FairnessGroup:
    fields = asdict(group)
    for name in ("time_to_offer", "time_to_acceptance", "time_waiting"):
        fields[name] = messages.PaceClass.Value(f"PACE_CLASS_{fields[name] or 'UNSPECIFIED'}")
    return messages.FairnessGroup(**fields)
