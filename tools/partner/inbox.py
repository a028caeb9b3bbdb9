"""An agency's open stream: resumed after every break, acknowledged a few times a second."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import grpc

from kem.notifications.v1 import delivery_pb2, inbox_service_pb2_grpc
from kem.notifications.v1.inbox_service_pb2 import (
    AcknowledgeRequest,
    ListDeliveriesRequest,
    SubscribeRequest,
    SubscribeResponse,
)
from tools.hub import Person
from tools.partner.calls import Refused, call, why
from tools.partner.cursor import Cursor

ACKNOWLEDGE_EVERY_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 5.0
_PASSING: Final = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
)

Show = Callable[[delivery_pb2.Delivery], Awaitable[None]]
Tell = Callable[[bool], None]
"""Told when the connection is there (True) or lost (False)."""


class Inbox:
    """Shows each delivery once and in order, over any number of broken connections and sittings."""

    def __init__(
        self,
        stub: "inbox_service_pb2_grpc.InboxServiceAsyncStub",
        person: Person,
        cursor: Cursor,
        show: Show,
        tell: Tell,
    ) -> None:
        self._stub = stub
        self._person = person
        self._cursor = cursor
        self._show = show
        self._tell = tell
        self._acknowledged = 0

    async def begin(self) -> int:
        """Takes up the cursor; who never sat here begins behind what the agency has acknowledged elsewhere.

        Returns:
            How many deliveries have come since.
        """
        request = ListDeliveriesRequest(inbox=delivery_pb2.INBOX_AGENCY, page_size=1)
        marks = await call(self._stub.ListDeliveries, request, self._person)
        if self._cursor.is_new:
            self._cursor.advance(marks.acknowledged_sequence)
        self._acknowledged = marks.acknowledged_sequence
        return max(int(marks.last_sequence) - self._cursor.sequence, 0)

    async def run(self) -> None:
        """Reads until cancelled.

        Raises:
            Refused: the hub does not let this agency in.
        """
        acknowledging = asyncio.create_task(self._acknowledge_often())
        pause, was_told = 0.2, True
        try:
            while True:
                try:
                    async for _ in self._read():
                        if not was_told:
                            self._tell(True)
                        pause, was_told = 0.2, True
                except grpc.aio.AioRpcError as error:
                    reason, _ = why(error)
                    if reason == "SEQUENCE_NOT_KNOWN":  # the hub began anew; so do we
                        self._cursor.advance(0)
                        continue
                    if error.code() not in _PASSING:
                        raise Refused(reason, error.details() or reason) from None
                if was_told:
                    was_told = False
                    self._tell(False)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        finally:
            acknowledging.cancel()

    async def _read(self) -> AsyncIterator[SubscribeResponse]:
        request = SubscribeRequest(inbox=delivery_pb2.INBOX_AGENCY, after_sequence=self._cursor.sequence)
        async for message in self._stub.Subscribe(request, metadata=self._person.credentials()):
            if message.HasField("delivery") and message.delivery.sequence > self._cursor.sequence:
                await self._show(message.delivery)
                self._cursor.advance(message.delivery.sequence)
            yield message

    async def _acknowledge_often(self) -> None:
        while True:
            await asyncio.sleep(ACKNOWLEDGE_EVERY_SECONDS)
            shown = self._cursor.sequence
            if shown > self._acknowledged:
                request = AcknowledgeRequest(inbox=delivery_pb2.INBOX_AGENCY, up_to_sequence=shown)
                with contextlib.suppress(Refused):
                    await call(self._stub.Acknowledge, request, self._person)
                    self._acknowledged = shown
