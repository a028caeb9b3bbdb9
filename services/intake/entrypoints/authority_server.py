"""The door for what authorities are told, and for what they ask for."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from kem.disclosure.v1 import authority_service_pb2 as messages
from kem.disclosure.v1 import authority_service_pb2_grpc
from kernel import codes
from services.intake.adapters.postgres_authorities import PostgresAuthorities
from services.intake.adapters.postgres_tellings import PostgresTellings
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.disclosure_server import disclosed_message
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_authority import (
    compelled_request_from,
    compelled_request_message,
    notification_from,
    notification_message,
    telling_from,
)
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.decide_compelled_request import (
    DecideCompelledRequest,
    decide_compelled_request,
)
from services.intake.use_cases.decide_telling import DecideTelling, decide_telling
from services.intake.use_cases.get_compelled_disclosure import (
    GetCompelledDisclosure,
    get_compelled_disclosure,
)
from services.intake.use_cases.list_authorities import (
    list_authority_notifications,
    list_compelled_requests,
)
from services.intake.use_cases.record_authority_notification import (
    RecordAuthorityNotification,
    record_authority_notification,
)
from services.intake.use_cases.register_compelled_request import (
    RegisterCompelledRequest,
    register_compelled_request,
)

_SERVICE: Final = "/kem.disclosure.v1.AuthorityService"
NOTIFY: Final = f"{_SERVICE}/RecordAuthorityNotification"
NOTIFICATIONS: Final = f"{_SERVICE}/ListAuthorityNotifications"
REGISTER: Final = f"{_SERVICE}/RegisterCompelledRequest"
DECIDE: Final = f"{_SERVICE}/DecideCompelledRequest"
REQUESTS: Final = f"{_SERVICE}/ListCompelledRequests"
TELL: Final = f"{_SERVICE}/DecideTelling"
GET: Final = f"{_SERVICE}/GetCompelledDisclosure"

_Context = grpc.aio.ServicerContext


class AuthorityServer(authority_service_pb2_grpc.AuthorityServiceServicer):
    """kem.disclosure.v1.AuthorityService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts
        self._authorities, self._tellings = PostgresAuthorities(), PostgresTellings()

    async def RecordAuthorityNotification(
        self,
        request: messages.RecordAuthorityNotificationRequest,
        context: _Context[
            messages.RecordAuthorityNotificationRequest, messages.RecordAuthorityNotificationResponse
        ],
    ) -> messages.RecordAuthorityNotificationResponse:
        parts = self._parts
        command = RecordAuthorityNotification(
            UUID(request.request_id),
            notification_from(request, current_caller().principal_id),
            request.words,
        )

        async def act(tx: Transaction) -> messages.RecordAuthorityNotificationResponse:
            notification_id, recorded_time = await record_authority_notification(
                command, tx, parts.people, self._authorities, parts.vault
            )
            return messages.RecordAuthorityNotificationResponse(
                authority_notification_id=str(notification_id), recorded_time=timestamp(recorded_time)
            )

        return await answer_on_record(
            parts.database,
            NOTIFY,
            request,
            messages.RecordAuthorityNotificationResponse,
            act,
            [command.notification.beneficiary_id],
        )

    async def ListAuthorityNotifications(
        self,
        request: messages.ListAuthorityNotificationsRequest,
        context: _Context[
            messages.ListAuthorityNotificationsRequest, messages.ListAuthorityNotificationsResponse
        ],
    ) -> messages.ListAuthorityNotificationsResponse:
        parts, before = self._parts, place_from(request.page_token)
        async with parts.database.transaction(current_caller()) as tx:
            listed, following = await list_authority_notifications(
                request.page_size, before, NOTIFICATIONS, tx, self._authorities, parts.vault
            )
        return messages.ListAuthorityNotificationsResponse(
            notifications=[notification_message(one, words) for one, words in listed],
            next_page_token=page_token(following),
        )

    async def RegisterCompelledRequest(
        self,
        request: messages.RegisterCompelledRequestRequest,
        context: _Context[
            messages.RegisterCompelledRequestRequest, messages.RegisterCompelledRequestResponse
        ],
    ) -> messages.RegisterCompelledRequestResponse:
        parts = self._parts
        command = RegisterCompelledRequest(
            UUID(request.request_id), compelled_request_from(request), request.words
        )

        async def act(tx: Transaction) -> messages.RegisterCompelledRequestResponse:
            registered_time = await register_compelled_request(
                command, tx, parts.people, self._authorities, parts.vault
            )
            return messages.RegisterCompelledRequestResponse(
                compelled_request_id=str(command.request.compelled_request_id),
                registered_time=timestamp(registered_time),
            )

        return await answer_on_record(
            parts.database,
            REGISTER,
            request,
            messages.RegisterCompelledRequestResponse,
            act,
            [command.request.beneficiary_id],
        )

    async def DecideCompelledRequest(
        self,
        request: messages.DecideCompelledRequestRequest,
        context: _Context[messages.DecideCompelledRequestRequest, messages.DecideCompelledRequestResponse],
    ) -> messages.DecideCompelledRequestResponse:
        parts = self._parts
        command = DecideCompelledRequest(
            UUID(request.request_id),
            UUID(request.compelled_request_id),
            codes.mask(request.allowed_categories),
            request.grounds,
            telling_from(request.telling) if request.HasField("telling") else None,
            request.telling.words,
        )

        async def act(tx: Transaction) -> messages.DecideCompelledRequestResponse:
            decided_time = await decide_compelled_request(
                command, tx, self._authorities, self._tellings, parts.vault
            )
            return messages.DecideCompelledRequestResponse(decided_time=timestamp(decided_time))

        return await answer_on_record(
            parts.database,
            DECIDE,
            request,
            messages.DecideCompelledRequestResponse,
            act,
            [command.compelled_request_id],
        )

    async def ListCompelledRequests(
        self,
        request: messages.ListCompelledRequestsRequest,
        context: _Context[messages.ListCompelledRequestsRequest, messages.ListCompelledRequestsResponse],
    ) -> messages.ListCompelledRequestsResponse:
        parts, before = self._parts, place_from(request.page_token)
        async with parts.database.transaction(current_caller()) as tx:
            page = await list_compelled_requests(
                request.page_size,
                before,
                REQUESTS,
                tx,
                self._authorities,
                self._tellings,
                parts.vault,
                only_overdue=request.view == messages.COMPELLED_REQUEST_VIEW_TELLING_OVERDUE,
            )
        return messages.ListCompelledRequestsResponse(
            requests=[compelled_request_message(one, page.now) for one in page.requests],
            next_page_token=page_token(page.next_before),
        )

    async def DecideTelling(
        self,
        request: messages.DecideTellingRequest,
        context: _Context[messages.DecideTellingRequest, messages.DecideTellingResponse],
    ) -> messages.DecideTellingResponse:
        parts = self._parts
        command = DecideTelling(
            UUID(request.request_id),
            UUID(request.compelled_request_id),
            telling_from(request.telling),
            request.telling.words,
        )

        async def act(tx: Transaction) -> messages.DecideTellingResponse:
            decided_time = await decide_telling(command, tx, self._authorities, self._tellings, parts.vault)
            return messages.DecideTellingResponse(decided_time=timestamp(decided_time))

        return await answer_on_record(
            parts.database,
            TELL,
            request,
            messages.DecideTellingResponse,
            act,
            [command.compelled_request_id],
        )

    async def GetCompelledDisclosure(
        self,
        request: messages.GetCompelledDisclosureRequest,
        context: _Context[messages.GetCompelledDisclosureRequest, messages.GetCompelledDisclosureResponse],
    ) -> messages.GetCompelledDisclosureResponse:
        parts, caller = self._parts, current_caller()
        command = GetCompelledDisclosure(UUID(request.request_id), UUID(request.compelled_request_id))
        async with (
            refusals_on_record(parts.database, caller, GET, [command.compelled_request_id]),
            parts.database.transaction(caller) as tx,
        ):
            given = await get_compelled_disclosure(command, GET, tx, self._authorities, parts.vault)
        return messages.GetCompelledDisclosureResponse(
            disclosure_id=str(given.disclosure_id),
            disclosed_time=timestamp(given.disclosed_time),
            given_categories=codes.categories_in(given.given_mask),
            beneficiary=disclosed_message(given.fields),
        )
