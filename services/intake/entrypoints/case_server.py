"""The door for those who follow people's cases."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from kem.intake.v1 import case_service_pb2 as messages
from kem.intake.v1 import case_service_pb2_grpc
from kernel.ids import BeneficiaryId, PrincipalId
from services.intake.domain.case_workers import Case, CaseWorkers
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.refusals import answer_on_record
from services.intake.entrypoints.translate_needs import need_message, page_token, place_from
from services.intake.use_cases.count_case_changes import count_case_changes
from services.intake.use_cases.list_my_cases import list_my_cases
from services.intake.use_cases.set_case_workers import SetCaseWorkers, set_case_workers

_SERVICE: Final = "/kem.intake.v1.CaseService"
SET: Final = f"{_SERVICE}/SetCaseWorkers"
LIST_MINE: Final = f"{_SERVICE}/ListMyCases"

_Context = grpc.aio.ServicerContext


class CaseServer(case_service_pb2_grpc.CaseServiceServicer):
    """kem.intake.v1.CaseService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._database, self._people = parts.database, parts.people

    async def SetCaseWorkers(
        self,
        request: messages.SetCaseWorkersRequest,
        context: _Context[messages.SetCaseWorkersRequest, messages.SetCaseWorkersResponse],
    ) -> messages.SetCaseWorkersResponse:
        deputy_id = PrincipalId(UUID(request.deputy_id)) if request.HasField("deputy_id") else None
        command = SetCaseWorkers(
            BeneficiaryId(UUID(request.beneficiary_id)),
            CaseWorkers(PrincipalId(UUID(request.caseworker_id)), deputy_id),
        )

        async def act(tx: Transaction) -> messages.SetCaseWorkersResponse:
            set_time = await set_case_workers(command, tx, self._people)
            return messages.SetCaseWorkersResponse(set_time=timestamp(set_time))

        return await answer_on_record(
            self._database, SET, request, messages.SetCaseWorkersResponse, act, [command.beneficiary_id]
        )

    async def ListMyCases(
        self,
        request: messages.ListMyCasesRequest,
        context: _Context[messages.ListMyCasesRequest, messages.ListMyCasesResponse],
    ) -> messages.ListMyCasesResponse:
        before = place_from(request.page_token)
        async with self._database.transaction(current_caller()) as tx:
            page = await list_my_cases(
                request.page_size, before, LIST_MINE, tx, with_needs_only=request.with_needs_only
            )
        return messages.ListMyCasesResponse(
            cases=map(_case_message, page.cases), next_page_token=page_token(page.next_before)
        )

    async def CountCaseChanges(
        self,
        request: messages.CountCaseChangesRequest,
        context: _Context[messages.CountCaseChangesRequest, messages.CountCaseChangesResponse],
    ) -> messages.CountCaseChangesResponse:
        people = [BeneficiaryId(UUID(one)) for one in request.beneficiary_ids]
        async with self._database.transaction(current_caller()) as tx:
            counted = await count_case_changes(people, tx)
        return messages.CountCaseChangesResponse(
            cases=[
                messages.CaseChanges(beneficiary_id=str(one.beneficiary_id), changes=one.changes)
                for one in counted
            ]
        )


def _case_message(case: Case) -> messages.MyCase:
    workers = case.followed.workers
    return messages.MyCase(
        beneficiary_id=str(case.beneficiary_id),
        caseworker_id=str(workers.caseworker_id),
        deputy_id=str(workers.deputy_id or ""),
        set_time=timestamp(case.followed.set_time),
        needs=map(need_message, case.needs),
        more_needs=case.has_more_needs,
    )
