"""The door for what people ask by right."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from kem.disclosure.v1 import rights_service_pb2 as messages
from kem.disclosure.v1 import rights_service_pb2_grpc
from services.intake.adapters.postgres_exports import PostgresExports
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.export_document import export_text
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.entrypoints.translate_rights import (
    VIEWS,
    answer_from,
    export_from,
    export_place_from,
    export_token,
    extension_from,
    lifting_from,
    protection_from,
    registration_from,
    rights_request_message,
)
from services.intake.use_cases.answer_rights_request import answer_rights_request
from services.intake.use_cases.decide_protection_data import decide_protection_data
from services.intake.use_cases.export_person_data import export_person_data
from services.intake.use_cases.extend_rights_request import extend_rights_request
from services.intake.use_cases.fulfil_rights_request import FulfilParts
from services.intake.use_cases.list_rights_requests import list_rights_requests
from services.intake.use_cases.register_rights_request import register_rights_request
from services.intake.use_cases.restrict_use import lift_restriction

_SERVICE: Final = "/kem.disclosure.v1.RightsService"
REGISTER: Final = f"{_SERVICE}/RegisterRightsRequest"
EXTEND: Final = f"{_SERVICE}/ExtendRightsRequest"
ANSWER: Final = f"{_SERVICE}/AnswerRightsRequest"
LIST: Final = f"{_SERVICE}/ListRightsRequests"
LIFT: Final = f"{_SERVICE}/LiftRestriction"
PROTECT: Final = f"{_SERVICE}/DecideProtectionData"
EXPORT: Final = f"{_SERVICE}/ExportPersonData"

_Context = grpc.aio.ServicerContext


class RightsServer(rights_service_pb2_grpc.RightsServiceServicer):
    """kem.disclosure.v1.RightsService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts, self._requests, self._exports = parts, PostgresRightsRequests(), PostgresExports()
        self._fulfil = FulfilParts(
            parts.people,
            parts.consents,
            parts.freezes,
            parts.recalls,
            parts.corrections,
            self._exports,
            parts.vault,
        )

    async def RegisterRightsRequest(
        self,
        request: messages.RegisterRightsRequestRequest,
        context: _Context[messages.RegisterRightsRequestRequest, messages.RegisterRightsRequestResponse],
    ) -> messages.RegisterRightsRequestResponse:
        parts, command = self._parts, registration_from(request)

        async def act(tx: Transaction) -> messages.RegisterRightsRequestResponse:
            kept = await register_rights_request(command, tx, parts.people, self._requests, parts.vault)
            return messages.RegisterRightsRequestResponse(
                rights_request_id=str(kept.rights_request_id),
                registered_time=timestamp(kept.registered_time),
                due_time=timestamp(kept.due_time),
            )

        return await answer_on_record(
            parts.database,
            REGISTER,
            request,
            messages.RegisterRightsRequestResponse,
            act,
            [command.beneficiary_id],
        )

    async def ExtendRightsRequest(
        self,
        request: messages.ExtendRightsRequestRequest,
        context: _Context[messages.ExtendRightsRequestRequest, messages.ExtendRightsRequestResponse],
    ) -> messages.ExtendRightsRequestResponse:
        parts, command = self._parts, extension_from(request)

        async def act(tx: Transaction) -> messages.ExtendRightsRequestResponse:
            due_time = await extend_rights_request(command, tx, self._requests, parts.vault)
            return messages.ExtendRightsRequestResponse(due_time=timestamp(due_time))

        return await answer_on_record(
            parts.database,
            EXTEND,
            request,
            messages.ExtendRightsRequestResponse,
            act,
            [UUID(request.rights_request_id)],
        )

    async def AnswerRightsRequest(
        self,
        request: messages.AnswerRightsRequestRequest,
        context: _Context[messages.AnswerRightsRequestRequest, messages.AnswerRightsRequestResponse],
    ) -> messages.AnswerRightsRequestResponse:
        parts, command = self._parts, answer_from(request, current_caller().principal_id)

        async def act(tx: Transaction) -> messages.AnswerRightsRequestResponse:
            answered_time = await answer_rights_request(command, tx, self._requests, self._fulfil)
            return messages.AnswerRightsRequestResponse(answered_time=timestamp(answered_time))

        return await answer_on_record(
            parts.database,
            ANSWER,
            request,
            messages.AnswerRightsRequestResponse,
            act,
            [UUID(request.rights_request_id)],
        )

    async def LiftRestriction(
        self,
        request: messages.LiftRestrictionRequest,
        context: _Context[messages.LiftRestrictionRequest, messages.LiftRestrictionResponse],
    ) -> messages.LiftRestrictionResponse:
        parts, command = self._parts, lifting_from(request)

        async def act(tx: Transaction) -> messages.LiftRestrictionResponse:
            lifted_time = await lift_restriction(
                command, tx, self._requests, parts.people, parts.freezes, parts.vault
            )
            return messages.LiftRestrictionResponse(lifted_time=timestamp(lifted_time))

        return await answer_on_record(
            parts.database,
            LIFT,
            request,
            messages.LiftRestrictionResponse,
            act,
            [command.rights_request_id],
        )

    async def DecideProtectionData(
        self,
        request: messages.DecideProtectionDataRequest,
        context: _Context[messages.DecideProtectionDataRequest, messages.DecideProtectionDataResponse],
    ) -> messages.DecideProtectionDataResponse:
        parts, command = self._parts, protection_from(request)

        async def act(tx: Transaction) -> messages.DecideProtectionDataResponse:
            decided_time = await decide_protection_data(command, tx, self._requests, parts.vault)
            return messages.DecideProtectionDataResponse(decided_time=timestamp(decided_time))

        return await answer_on_record(
            parts.database,
            PROTECT,
            request,
            messages.DecideProtectionDataResponse,
            act,
            [command.rights_request_id],
        )

    async def ExportPersonData(
        self,
        request: messages.ExportPersonDataRequest,
        context: _Context[messages.ExportPersonDataRequest, messages.ExportPersonDataResponse],
    ) -> messages.ExportPersonDataResponse:
        parts, caller, command = self._parts, current_caller(), export_from(request)
        place = export_place_from(request.page_token)
        async with (
            refusals_on_record(parts.database, caller, EXPORT, [command.rights_request_id]),
            parts.database.transaction(caller) as tx,
        ):
            piece = await export_person_data(
                command, place, EXPORT, tx, self._requests, self._exports, parts.vault
            )
        return messages.ExportPersonDataResponse(
            disclosure_id=str(piece.disclosure_id),
            disclosed_time=timestamp(piece.disclosed_time),
            document=export_text(piece),
            next_page_token=export_token(piece.next_place),
        )

    async def ListRightsRequests(
        self,
        request: messages.ListRightsRequestsRequest,
        context: _Context[messages.ListRightsRequestsRequest, messages.ListRightsRequestsResponse],
    ) -> messages.ListRightsRequestsResponse:
        parts, after = self._parts, place_from(request.page_token)
        async with parts.database.transaction(current_caller()) as tx:
            page = await list_rights_requests(
                request.page_size, VIEWS[request.view], after, LIST, tx, self._requests, parts.vault
            )
        return messages.ListRightsRequestsResponse(
            requests=[rights_request_message(one, page.now) for one in page.requests],
            next_page_token=page_token(page.next_after),
        )
