"""A small service of the chassis's own tests, run as a process: a door, a stream, a timer.

Each acknowledgement is told as an event; the stream asks the door about each batch before it acts.
"""

import os
from typing import Any

from chassis.caller import Caller
from chassis.current import current_caller
from chassis.events import IncomingEvent, OutgoingEvent
from chassis.postgres import Transaction
from chassis.run import run_service
from chassis.service import Service
from chassis.settings import ServiceSettings
from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY
from kem.notifications.v1.inbox_service_pb2 import (
    AcknowledgeRequest,
    AcknowledgeResponse,
    ListDeliveriesRequest,
)
from kem.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub, add_InboxServiceServicer_to_server
from kernel.ids import ordered_id
from tests.integration.chassis.collecting import CollectingReader
from tests.integration.chassis.inbox_servicer import ACCESS, TestInbox


class TellingInbox(TestInbox):
    """Tells each acknowledgement on the test's topic."""

    def __init__(self, service: Service, topic: str) -> None:
        super().__init__()
        self._service = service
        self._topic = topic

    async def Acknowledge(self, request: AcknowledgeRequest, context: Any) -> AcknowledgeResponse:
        caller: Caller = current_caller()
        async with self._service.app.transaction(caller) as tx:
            key = caller.principal_id
            now = await tx.now()
            tx.publish(OutgoingEvent(ordered_id(), self._topic, key, key, 1, "ThingHappened", now, b"fact"))
        return AcknowledgeResponse(acknowledged_sequence=request.up_to_sequence)


class AskingReader(CollectingReader):
    """Asks by gRPC before the transaction, as referral asks intake for profiles."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._door = InboxServiceStub(service.channel(service.settings.grpc_address, service.name))

    async def prepare(self, events: list[IncomingEvent]) -> Any:
        return await self._door.ListDeliveries(ListDeliveriesRequest(inbox=INBOX_AGENCY))


async def take_due(tx: Transaction) -> int:
    """Works off rows of `due` that have fallen due."""
    rows = await tx.connection.fetch(
        """
        delete from due where id in (
            select id from due where due_time <= clock_timestamp() limit 100 for update skip locked
        ) returning id
        """
    )
    return len(rows)


async def wire(service: Service) -> None:
    """Every kind of part."""
    topic = os.environ["TEST_TOPIC"]
    servicer: Any = TellingInbox(service, topic)
    service.serve(ACCESS, [lambda server: add_InboxServiceServicer_to_server(servicer, server)])
    service.stream(f"{topic}-stream", [topic], AskingReader(service))
    service.timer(take_due)


if __name__ == "__main__":
    run_service("referral", ServiceSettings, wire)
