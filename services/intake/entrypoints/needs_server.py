"""The door for needs: record them, withdraw one, list a person's."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from kem.intake.v1 import intake_service_pb2 as messages
from kernel.ids import BeneficiaryId, NeedId, ReferralId
from services.intake.adapters.needs_writer import DEADLINE_SECONDS
from services.intake.domain.need import RecordedNeed
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_needs import (
    need_message,
    new_need_from,
    page_token,
    place_from,
    recorded_need_message,
)
from services.intake.use_cases.batch_get_needs import batch_get_needs
from services.intake.use_cases.list_my_needs import list_my_needs
from services.intake.use_cases.list_needs import list_needs
from services.intake.use_cases.record_need import RecordNeed, record_need
from services.intake.use_cases.record_needs import RecordNeeds, record_needs
from services.intake.use_cases.withdraw_need import WithdrawNeed, withdraw_need

_SERVICE: Final = "/kem.intake.v1.IntakeService"
RECORD: Final = f"{_SERVICE}/RecordNeed"
RECORD_SEVERAL: Final = f"{_SERVICE}/RecordNeeds"
WITHDRAW: Final = f"{_SERVICE}/WithdrawNeed"
LIST: Final = f"{_SERVICE}/ListNeeds"
BATCH_GET: Final = f"{_SERVICE}/BatchGetNeeds"
LIST_MINE: Final = f"{_SERVICE}/ListMyNeeds"

_Context = grpc.aio.ServicerContext


class NeedsServer:
    """The part of kem.intake.v1.IntakeService that is about needs."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts

    async def RecordNeed(
        self,
        request: messages.RecordNeedRequest,
        context: _Context[messages.RecordNeedRequest, messages.RecordNeedResponse],
    ) -> messages.RecordNeedResponse:
        parts, caller = self._parts, current_caller()
        command = RecordNeed(
            request_id=UUID(request.request_id),
            need=new_need_from(request.need),
            request_bytes=request.SerializeToString(deterministic=True),
        )
        async with refusals_on_record(parts.database, caller, RECORD, [command.need.beneficiary_id]):
            ids = await record_need(
                command,
                caller,
                RECORD,
                database=parts.database,
                vault=parts.vault,
                writer=parts.writer,
                backlog=parts.backlog,
                deadline_seconds=min(context.time_remaining() or DEADLINE_SECONDS, DEADLINE_SECONDS),
            )
        return messages.RecordNeedResponse(need=recorded_need_message(ids))

    async def RecordNeeds(
        self,
        request: messages.RecordNeedsRequest,
        context: _Context[messages.RecordNeedsRequest, messages.RecordNeedsResponse],
    ) -> messages.RecordNeedsResponse:
        parts = self._parts
        command = RecordNeeds(
            request_id=UUID(request.request_id), needs=[new_need_from(need) for need in request.needs]
        )
        people = sorted({need.beneficiary_id for need in command.needs})
        recorded: list[RecordedNeed] = []
        async with parts.backlog.admitted(len(command.needs)) as note_recorded:

            async def act(tx: Transaction) -> messages.RecordNeedsResponse:
                recorded.extend(await record_needs(command, tx, parts.needs, parts.vault))
                return messages.RecordNeedsResponse(needs=map(recorded_need_message, recorded))

            response = await answer_on_record(
                parts.database, RECORD_SEVERAL, request, messages.RecordNeedsResponse, act, people
            )
            note_recorded(one.need_id for one in recorded)
        return response

    async def WithdrawNeed(
        self,
        request: messages.WithdrawNeedRequest,
        context: _Context[messages.WithdrawNeedRequest, messages.WithdrawNeedResponse],
    ) -> messages.WithdrawNeedResponse:
        parts = self._parts
        command = WithdrawNeed(
            request_id=UUID(request.request_id),
            need_id=NeedId(UUID(request.need_id)),
            reason=request.reason,
        )

        async def act(tx: Transaction) -> messages.WithdrawNeedResponse:
            withdrawn_time = await withdraw_need(command, tx, parts.people, parts.needs)
            return messages.WithdrawNeedResponse(withdrawn_time=timestamp(withdrawn_time))

        return await answer_on_record(
            parts.database, WITHDRAW, request, messages.WithdrawNeedResponse, act, [command.need_id]
        )

    async def ListNeeds(
        self,
        request: messages.ListNeedsRequest,
        context: _Context[messages.ListNeedsRequest, messages.ListNeedsResponse],
    ) -> messages.ListNeedsResponse:
        parts, caller = self._parts, current_caller()
        beneficiary_id = BeneficiaryId(UUID(request.beneficiary_id))
        before = place_from(request.page_token)
        async with (
            refusals_on_record(parts.database, caller, LIST, [beneficiary_id]),
            parts.database.transaction(caller) as tx,
        ):
            page = await list_needs(
                beneficiary_id, request.page_size, before, LIST, tx, parts.people, parts.needs
            )
        return messages.ListNeedsResponse(
            needs=map(need_message, page.needs), next_page_token=page_token(page.next_before)
        )

    async def BatchGetNeeds(
        self,
        request: messages.BatchGetNeedsRequest,
        context: _Context[messages.BatchGetNeedsRequest, messages.BatchGetNeedsResponse],
    ) -> messages.BatchGetNeedsResponse:
        asked = [ReferralId(UUID(one)) for one in request.referral_ids]
        async with self._parts.database.transaction(current_caller()) as tx:
            found = await batch_get_needs(asked, BATCH_GET, tx, self._parts.needs)
        return messages.BatchGetNeedsResponse(needs=map(need_message, found))

    async def ListMyNeeds(
        self,
        request: messages.ListMyNeedsRequest,
        context: _Context[messages.ListMyNeedsRequest, messages.ListMyNeedsResponse],
    ) -> messages.ListMyNeedsResponse:
        async with self._parts.database.transaction(current_caller()) as tx:
            found = await list_my_needs(LIST_MINE, tx, self._parts.needs)
        return messages.ListMyNeedsResponse(needs=map(need_message, found))
