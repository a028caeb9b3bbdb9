"""The door of emergency access: asked for, allowed, used."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from kem.disclosure.v1 import emergency_access_service_pb2 as messages
from kem.disclosure.v1 import emergency_access_service_pb2_grpc
from kernel import codes
from kernel.ids import ReferralId
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.postgres_emergency_access import PostgresEmergencyAccess
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.disclosure_server import disclosed_message
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.decide_emergency_access import (
    DecideEmergencyAccess,
    decide_emergency_access,
)
from services.intake.use_cases.get_emergency_disclosure import (
    EmergencyParts,
    GetEmergencyDisclosure,
    get_emergency_disclosure,
)
from services.intake.use_cases.list_emergency_accesses import list_emergency_accesses
from services.intake.use_cases.request_emergency_access import (
    RequestEmergencyAccess,
    request_emergency_access,
)

_SERVICE: Final = "/kem.disclosure.v1.EmergencyAccessService"
REQUEST: Final = f"{_SERVICE}/RequestEmergencyAccess"
DECIDE: Final = f"{_SERVICE}/DecideEmergencyAccess"
LIST: Final = f"{_SERVICE}/ListEmergencyAccesses"
GET: Final = f"{_SERVICE}/GetEmergencyDisclosure"

_Context = grpc.aio.ServicerContext


class EmergencyAccessServer(emergency_access_service_pb2_grpc.EmergencyAccessServiceServicer):
    """kem.disclosure.v1.EmergencyAccessService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts
        self._accesses, self._emergencies = PostgresEmergencyAccess(), PostgresEmergencies()
        self._disclosure = EmergencyParts(parts.database, parts.disclosures, self._accesses, parts.vault)

    async def RequestEmergencyAccess(
        self,
        request: messages.RequestEmergencyAccessRequest,
        context: _Context[messages.RequestEmergencyAccessRequest, messages.RequestEmergencyAccessResponse],
    ) -> messages.RequestEmergencyAccessResponse:
        parts = self._parts
        command = RequestEmergencyAccess(
            UUID(request.request_id),
            ReferralId(UUID(request.referral_id)),
            codes.mask(request.categories),
            request.circumstances,
        )

        async def act(tx: Transaction) -> messages.RequestEmergencyAccessResponse:
            access_id, requested_time = await request_emergency_access(
                command, tx, parts.disclosures, self._accesses, parts.vault
            )
            return messages.RequestEmergencyAccessResponse(
                emergency_access_id=str(access_id), requested_time=timestamp(requested_time)
            )

        return await answer_on_record(
            parts.database,
            REQUEST,
            request,
            messages.RequestEmergencyAccessResponse,
            act,
            [command.referral_id],
        )

    async def DecideEmergencyAccess(
        self,
        request: messages.DecideEmergencyAccessRequest,
        context: _Context[messages.DecideEmergencyAccessRequest, messages.DecideEmergencyAccessResponse],
    ) -> messages.DecideEmergencyAccessResponse:
        parts = self._parts
        command = DecideEmergencyAccess(
            UUID(request.request_id),
            UUID(request.emergency_access_id),
            request.authorised,
            codes.mask(request.categories),
            request.valid_minutes,
        )

        async def act(tx: Transaction) -> messages.DecideEmergencyAccessResponse:
            decided = await decide_emergency_access(command, tx, self._accesses, self._emergencies)
            response = messages.DecideEmergencyAccessResponse(decided_time=timestamp(decided.decided_time))
            if decided.valid_until_time is not None and decided.review_due_time is not None:
                response.valid_until_time.FromDatetime(decided.valid_until_time)
                response.review_due_time.FromDatetime(decided.review_due_time)
            return response

        return await answer_on_record(
            parts.database,
            DECIDE,
            request,
            messages.DecideEmergencyAccessResponse,
            act,
            [command.emergency_access_id],
        )

    async def ListEmergencyAccesses(
        self,
        request: messages.ListEmergencyAccessesRequest,
        context: _Context[messages.ListEmergencyAccessesRequest, messages.ListEmergencyAccessesResponse],
    ) -> messages.ListEmergencyAccessesResponse:
        parts, caller = self._parts, current_caller()
        after = place_from(request.page_token)
        async with parts.database.transaction(caller) as tx:
            page = await list_emergency_accesses(
                request.page_size, after, LIST, tx, self._accesses, parts.vault
            )
        return messages.ListEmergencyAccessesResponse(
            accesses=[
                messages.EmergencyAccess(
                    emergency_access_id=str(one.emergency_access_id),
                    referral_id=str(one.referral_id),
                    agency_id=str(one.agency_id),
                    asked_categories=codes.categories_in(one.asked_mask),
                    circumstances=words,
                    requested_time=timestamp(one.requested_time),
                    decidable=one.requested_by_id != caller.principal_id,
                )
                for one, words in page.accesses
            ],
            next_page_token=page_token(page.next_after),
        )

    async def GetEmergencyDisclosure(
        self,
        request: messages.GetEmergencyDisclosureRequest,
        context: _Context[messages.GetEmergencyDisclosureRequest, messages.GetEmergencyDisclosureResponse],
    ) -> messages.GetEmergencyDisclosureResponse:
        parts, caller = self._parts, current_caller()
        command = GetEmergencyDisclosure(UUID(request.request_id), UUID(request.emergency_access_id))
        async with refusals_on_record(parts.database, caller, GET, [command.emergency_access_id]):
            given = await get_emergency_disclosure(command, caller, GET, self._disclosure)
        return messages.GetEmergencyDisclosureResponse(
            disclosure_id=str(given.disclosure_id),
            disclosed_time=timestamp(given.disclosed_time),
            asked_categories=codes.categories_in(given.asked_mask),
            given_categories=codes.categories_in(given.given_mask),
            beneficiary=disclosed_message(given.fields),
        )
