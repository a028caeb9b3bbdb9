"""The inbox's door for agencies and desks."""

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

import grpc

from chassis.caller import Caller
from chassis.current import current_caller
from chassis.postgres import Database
from kem.notifications.v1 import inbox_service_pb2 as messages
from kem.notifications.v1 import inbox_service_pb2_grpc
from kernel.errors import Unavailable
from services.notifications.adapters.delivery_messages import INBOXES, delivery_message
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.domain.acknowledgement import require_known
from services.notifications.entrypoints.fan_out import FanOut
from services.notifications.use_cases.acknowledgement_line import AcknowledgementLine
from services.notifications.use_cases.list_deliveries import list_deliveries
from services.notifications.use_cases.open_inbox import open_inbox

SIGN_OF_LIFE_SECONDS: Final = 20.0
DEFAULT_PAGE: Final = 50

_Context = grpc.aio.ServicerContext


class InboxServer(inbox_service_pb2_grpc.InboxServiceServicer):
    """kem.notifications.v1.InboxService.

    Args:
        database: as callers, bound by row-level security.
        longest_stream_seconds: after this, or with the caller's assertion, a stream ends, so that whoever may
            no longer read stops reading.
    """

    def __init__(
        self,
        database: Database,
        deliveries: PostgresDeliveries,
        acknowledgements: AcknowledgementLine,
        fan_out: FanOut,
        *,
        longest_stream_seconds: float,
        sign_of_life_seconds: float = SIGN_OF_LIFE_SECONDS,
    ) -> None:
        self._database = database
        self._deliveries = deliveries
        self._acknowledgements = acknowledgements
        self._fan_out = fan_out
        self._longest_stream_seconds = longest_stream_seconds
        self._sign_of_life_seconds = sign_of_life_seconds

    async def Subscribe(
        self, request: messages.SubscribeRequest, context: _Context[object, object]
    ) -> AsyncIterator[messages.SubscribeResponse]:
        """Says at once how far the inbox is, then sends what lies behind the cursor, then what comes."""
        caller = current_caller()
        recipient_id = open_inbox(INBOXES[request.inbox], caller).recipient_id
        clock = asyncio.get_running_loop().time
        ends_at = clock() + min(self._longest_stream_seconds, _seconds_vouched_for(caller))
        with self._fan_out.subscribed(recipient_id, request.after_sequence) as subscription:
            async with self._database.transaction(caller) as tx:
                last_sequence = (await self._deliveries.marks(tx, recipient_id)).last_sequence
            require_known(request.after_sequence, last_sequence)
            self._fan_out.learn_end(recipient_id, last_sequence)
            yield messages.SubscribeResponse(last_sequence=last_sequence)
            while clock() < ends_at:
                patience_seconds = min(self._sign_of_life_seconds, ends_at - clock())
                for message in await subscription.take(patience_seconds) or [
                    messages.SubscribeResponse(last_sequence=self._fan_out.end_of(recipient_id))
                ]:
                    yield message
        raise Unavailable(
            "This stream has been open for long; subscribe again with your cursor and a fresh assertion.",
            reason="STREAM_ENDED",
        )

    async def Acknowledge(
        self, request: messages.AcknowledgeRequest, context: _Context[object, object]
    ) -> messages.AcknowledgeResponse:
        """Takes the client's word that everything up to a sequence has arrived."""
        acknowledged = await self._acknowledgements.acknowledge(
            INBOXES[request.inbox], request.up_to_sequence, current_caller()
        )
        return messages.AcknowledgeResponse(acknowledged_sequence=acknowledged)

    async def ListDeliveries(
        self, request: messages.ListDeliveriesRequest, context: _Context[object, object]
    ) -> messages.ListDeliveriesResponse:
        """The first deliveries behind a sequence."""
        caller = current_caller()
        async with self._database.transaction(caller) as tx:
            page = await list_deliveries(
                INBOXES[request.inbox],
                request.after_sequence,
                request.page_size or DEFAULT_PAGE,
                caller,
                tx,
                self._deliveries,
            )
        return messages.ListDeliveriesResponse(
            deliveries=[delivery_message(delivery) for delivery in page.deliveries],
            last_sequence=page.marks.last_sequence,
            acknowledged_sequence=page.marks.acknowledged_sequence,
        )


def _seconds_vouched_for(caller: Caller) -> float:
    """How much longer the caller's assertion is good for."""
    if caller.valid_until_time is None:
        return math.inf
    return (caller.valid_until_time - datetime.now(UTC)).total_seconds()
