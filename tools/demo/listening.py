"""Staff with an open inbox: what both ends of the demo have in common."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import grpc

from kem.notifications.v1 import delivery_pb2, inbox_service_pb2
from tools.demo.calls import Calls, Refused
from tools.demo.ledger import Ledger
from tools.hub import Hub, Person

ACKNOWLEDGE_EVERY_SECONDS = 0.25


class ListeningStaff:
    """Reads an inbox, says what has arrived, reconnects, and acts on each delivery in its own time.

    Subclasses say in `arrived` what a delivery means to them.
    """

    def __init__(
        self,
        hub: Hub,
        calls: Calls,
        ledger: Ledger,
        staff: Person,
        inbox: delivery_pb2.Inbox.ValueType,
    ) -> None:
        self._hub = hub
        self._calls = calls
        self._ledger = ledger
        self._staff = staff
        self._inbox = inbox
        self._door = hub.inbox()
        self._sequence = 0
        self._acknowledged = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_idle(self) -> bool:
        """Nobody is about to do anything, and all that arrived is acknowledged."""
        return not self._tasks and self._acknowledged == self._sequence

    async def begin_after_what_is_there(self) -> int:
        """Leaves what earlier days left in the inbox unread; answers its last sequence."""
        request = inbox_service_pb2.ListDeliveriesRequest(inbox=self._inbox, page_size=1)
        answer = await self._calls(self._door.ListDeliveries, request, self._staff)
        self._sequence = self._acknowledged = answer.last_sequence
        return self._sequence

    async def run(self) -> None:
        """Listens, acts, reconnects; ends when cancelled."""
        acknowledging = asyncio.create_task(self._acknowledge_often())
        try:
            while True:
                try:
                    await self._listen()
                except grpc.aio.AioRpcError:
                    await asyncio.sleep(0.2)  # away for a moment: resume after the last sequence
        finally:
            acknowledging.cancel()
            for task in self._tasks:
                task.cancel()

    def arrived(self, delivery: delivery_pb2.Delivery) -> None:
        """Something new is in the inbox."""
        raise NotImplementedError

    def is_new(self, sequence: int) -> bool:
        """Whether this delivery was not here before."""
        return sequence > self._sequence

    async def _listen(self) -> None:
        request = inbox_service_pb2.SubscribeRequest(inbox=self._inbox, after_sequence=self._sequence)
        async for message in self._door.Subscribe(request, metadata=self._staff.credentials()):
            if message.HasField("delivery") and self.is_new(message.delivery.sequence):
                self._sequence = message.delivery.sequence
                self.arrived(message.delivery)

    async def _acknowledge_often(self) -> None:
        """Tells the hub what has arrived, a few times a second whatever the load."""
        while True:
            await asyncio.sleep(ACKNOWLEDGE_EVERY_SECONDS)
            upto = self._sequence
            if upto > self._acknowledged:
                request = inbox_service_pb2.AcknowledgeRequest(inbox=self._inbox, up_to_sequence=upto)
                with contextlib.suppress(Refused, grpc.aio.AioRpcError):
                    await self._calls(self._door.Acknowledge, request, self._staff)
                    self._acknowledged = upto

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Somebody starts on something, beside whatever else goes on."""
        task = asyncio.create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Refused as refusal:
            # an answer that came too late, or a case that was withdrawn meanwhile: the client is told
            self._ledger.refusals[refusal.reason] += 1

    async def tell(self, verb: str, about: str, method: Any, request: Any) -> None:
        """Makes a call and writes down that the hub said yes."""
        await self._calls(method, request, self._staff)
        self._ledger.answered(verb, about)
