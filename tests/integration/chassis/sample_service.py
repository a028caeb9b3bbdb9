"""A small service of the chassis's own tests, run as a process: a door, a stream, a projection, a timer."""

import os
from typing import Any

from chassis.postgres import Transaction
from chassis.run import run_service
from chassis.service import Service
from chassis.settings import ServiceSettings
from kem.notifications.v1.inbox_service_pb2_grpc import add_InboxServiceServicer_to_server
from tests.integration.chassis.collecting import CollectingReader
from tests.integration.chassis.inbox_servicer import ACCESS, TestInbox


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
    servicer: Any = TestInbox()
    service.serve(ACCESS, [lambda server: add_InboxServiceServicer_to_server(servicer, server)])
    service.stream(f"{topic}-stream", [topic], CollectingReader())
    service.timer(take_due)


if __name__ == "__main__":
    run_service("referral", ServiceSettings, wire)
