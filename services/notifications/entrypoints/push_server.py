"""The operator's door to push endpoints."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import grpc
from google.protobuf.message import Message

from chassis.caller import AssertionSigner
from chassis.current import current_caller
from chassis.postgres import Database, Transaction
from chassis.requests import answer_once
from kem.notifications.v1 import push_service_pb2 as messages
from kem.notifications.v1 import push_service_pb2_grpc
from kernel.errors import Invalid
from kernel.ids import AgencyId
from services.notifications.adapters.delivery_messages import INBOX_NUMBERS, INBOXES, set_time
from services.notifications.adapters.partner_lines import PartnerLines
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_push_endpoints import ListedEndpoint, PostgresPushEndpoints
from services.notifications.domain.recipient import Recipient
from services.notifications.use_cases.remove_push_endpoint import remove_push_endpoint
from services.notifications.use_cases.resume_push_endpoint import resume_push_endpoint
from services.notifications.use_cases.set_push_endpoint import set_push_endpoint

_SERVICE: Final = "/kem.notifications.v1.PushService/"
DEFAULT_PAGE: Final = 50

_Context = grpc.aio.ServicerContext
_A = TypeVar("_A", bound=Message)


class PushServer(push_service_pb2_grpc.PushServiceServicer):
    """kem.notifications.v1.PushService.

    Args:
        database: the worker's login, as an agency's login is kept away from push endpoints altogether.
        signer: whose public key partners are given.
    """

    def __init__(
        self,
        database: Database,
        endpoints: PostgresPushEndpoints,
        deliveries: PostgresDeliveries,
        lines: PartnerLines,
        signer: AssertionSigner,
    ) -> None:
        self._database = database
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._lines = lines
        self._signer = signer

    async def SetPushEndpoint(
        self, request: messages.SetPushEndpointRequest, context: _Context[object, object]
    ) -> messages.SetPushEndpointResponse:
        """Checks the address as a push would, then sets it."""
        authorities = request.authorities or None
        address = await self._lines.check(request.address, authorities)

        async def act(tx: Transaction) -> messages.SetPushEndpointResponse:
            found = await set_push_endpoint(
                _recipient(request), address, authorities, tx, self._endpoints, self._deliveries
            )
            return messages.SetPushEndpointResponse(endpoint=_message(found))

        return await self._once("SetPushEndpoint", request, messages.SetPushEndpointResponse, act)

    async def RemovePushEndpoint(
        self, request: messages.RemovePushEndpointRequest, context: _Context[object, object]
    ) -> messages.RemovePushEndpointResponse:
        """Pushes no more."""

        async def act(tx: Transaction) -> messages.RemovePushEndpointResponse:
            pushed = await remove_push_endpoint(_recipient(request), tx, self._endpoints)
            return messages.RemovePushEndpointResponse(pushed_sequence=pushed)

        return await self._once("RemovePushEndpoint", request, messages.RemovePushEndpointResponse, act)

    async def ResumePushEndpoint(
        self, request: messages.ResumePushEndpointRequest, context: _Context[object, object]
    ) -> messages.ResumePushEndpointResponse:
        """Tries again at once."""

        async def act(tx: Transaction) -> messages.ResumePushEndpointResponse:
            found = await resume_push_endpoint(_recipient(request), tx, self._endpoints, self._deliveries)
            return messages.ResumePushEndpointResponse(endpoint=_message(found))

        return await self._once("ResumePushEndpoint", request, messages.ResumePushEndpointResponse, act)

    async def ListPushEndpoints(
        self, request: messages.ListPushEndpointsRequest, context: _Context[object, object]
    ) -> messages.ListPushEndpointsResponse:
        """A page of endpoints, and the key by which partners know the hub."""
        limit = request.page_size or DEFAULT_PAGE
        agency_id = AgencyId(UUID(request.agency_id)) if request.HasField("agency_id") else None
        async with self._database.transaction(current_caller()) as tx:
            page = await self._endpoints.page(tx, agency_id, _after(request.page_token), limit + 1)
        last = page[limit - 1].endpoint.recipient.recipient_id if len(page) > limit else ""
        return messages.ListPushEndpointsResponse(
            endpoints=[_message(found) for found in page[:limit]],
            next_page_token=str(last),
            signer=messages.PushSigner(
                issuer=self._signer.issuer,
                key_id=self._signer.key_id,
                public_key=self._signer.public_key_bytes,
            ),
        )

    async def _once(
        self, method: str, request: Any, answer: type[_A], act: Callable[[Transaction], Awaitable[_A]]
    ) -> _A:
        """One transaction; a repeated request_id gets the first answer."""
        return await answer_once(self._database, _SERVICE + method, request, answer, act)


def _recipient(request: Any) -> Recipient:
    return Recipient(INBOXES[request.inbox], AgencyId(UUID(request.agency_id)))


def _after(token: str) -> UUID | None:
    try:
        return UUID(token) if token else None
    except ValueError:
        raise Invalid("That is no page token of this list.", reason="PAGE_TOKEN_NOT_VALID") from None


def _message(found: ListedEndpoint) -> messages.PushEndpoint:
    endpoint = found.endpoint
    message = messages.PushEndpoint(
        agency_id=str(endpoint.recipient.agency_id),
        inbox=INBOX_NUMBERS[endpoint.recipient.inbox],
        address=endpoint.address,
        has_own_authorities=endpoint.authorities is not None,
        state=messages.PushState.Value(f"PUSH_STATE_{endpoint.state}"),
        pushed_sequence=endpoint.pushed_sequence,
        last_sequence=found.last_sequence,
        tries=endpoint.tries,
        failure=endpoint.failure or "",
        grpc_code=endpoint.grpc_code or "",
    )
    times: list[tuple[Any, datetime | None]] = [
        (message.failing_since_time, endpoint.failing_since_time),
        (message.given_up_time, endpoint.given_up_time),
    ]
    if endpoint.tries and endpoint.given_up_time is None:
        times.append((message.next_try_time, endpoint.next_try_time))
    for stamp, instant in times:
        if instant is not None:
            set_time(stamp, instant.astimezone(UTC))
    return message
