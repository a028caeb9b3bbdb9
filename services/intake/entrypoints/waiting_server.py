"""The door for how much waits."""

from typing import Final

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Database
from kem.disclosure.v1 import waiting_service_pb2 as messages
from kem.disclosure.v1.waiting_service_pb2_grpc import WaitingServiceServicer
from services.intake.adapters.postgres_waiting import PostgresWaiting
from services.intake.domain.waiting import Waiting
from services.intake.use_cases.count_waiting import count_waiting

_WAITING: Final = PostgresWaiting()

_Context = grpc.aio.ServicerContext


class WaitingServer(WaitingServiceServicer):
    """kem.disclosure.v1.WaitingService."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def CountWaiting(
        self,
        request: messages.CountWaitingRequest,
        context: _Context[messages.CountWaitingRequest, messages.CountWaitingResponse],
    ) -> messages.CountWaitingResponse:
        async with self._database.transaction(current_caller()) as tx:
            found = await count_waiting(tx, _WAITING)
        return messages.CountWaitingResponse(
            **{str(name).lower(): _waiting_message(one) for name, one in found.items()}
        )


def _waiting_message(waiting: Waiting) -> messages.Waiting:
    due = waiting.first_due_time
    return messages.Waiting(
        count=waiting.count,
        overdue=waiting.overdue,
        due_soon=waiting.due_soon,
        first_due_time=timestamp(due) if due is not None else None,
    )
