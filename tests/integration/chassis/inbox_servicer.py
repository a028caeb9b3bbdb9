"""A servicer for the chassis's own tests, behind a contract that exists."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from chassis.access import Access
from chassis.current import current_caller
from chassis.trace_context import current_trace_context, current_trace_id
from kem.notifications.v1.inbox_service_pb2 import (
    AcknowledgeRequest,
    AcknowledgeResponse,
    ListDeliveriesRequest,
    ListDeliveriesResponse,
    SubscribeRequest,
    SubscribeResponse,
)
from kem.notifications.v1.inbox_service_pb2_grpc import InboxServiceServicer

SERVICE: Final = "/kem.notifications.v1.InboxService"
MEMBERS: Final = Access(frozenset({"agency_member"}))
ACCESS: Final = {
    f"{SERVICE}/Subscribe": MEMBERS,
    f"{SERVICE}/Acknowledge": MEMBERS,
    f"{SERVICE}/ListDeliveries": Access(internal=True),
}


class TestInbox(InboxServiceServicer):
    """Does what the test has put into `act`; a subscription sends three signs of life and stays open."""

    __test__ = False

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.callers: list[Any] = []
        self.traces: list[str | None] = []
        self.trace_states: list[str | None] = []
        self.closed = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def Acknowledge(self, request: AcknowledgeRequest, context: Any) -> AcknowledgeResponse:
        self.callers.append(current_caller())
        self.traces.append(current_trace_id())
        self.trace_states.append(current_trace_context()[1])
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return AcknowledgeResponse(acknowledged_sequence=request.up_to_sequence)

    async def ListDeliveries(self, request: ListDeliveriesRequest, context: Any) -> ListDeliveriesResponse:
        return ListDeliveriesResponse(last_sequence=request.after_sequence)

    async def Subscribe(self, request: SubscribeRequest, context: Any) -> AsyncIterator[SubscribeResponse]:
        try:
            for number in range(3):
                yield SubscribeResponse(last_sequence=request.after_sequence + number)
            if self.error is not None:
                raise self.error
            await asyncio.Event().wait()
        finally:
            self.closed.set()
