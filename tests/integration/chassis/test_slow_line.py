"""An agency behind a slow line, or beside a busy machine, comes through at its first call."""

from chassis.certificates import Holder
from chassis.grpc_client import channel
from kem.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub
from kernel.ids import random_id
from tests.integration.chassis.gate import AGENCY, ASK, Gate
from tools.storm.wire import Wire

DELAY_SECONDS = 0.15
"""Each way; a connection over TLS takes three ways there and back."""


async def test_a_first_call_over_a_slow_line_is_answered(gate: Gate) -> None:
    wire = Wire(lambda: gate.address)
    await wire.open()
    wire.delay_seconds = DELAY_SECONDS
    opened = channel(
        wire.address,
        "notifications",
        None,
        gate.files(Holder.of_agency(AGENCY)),
        token=lambda: gate.people.token(random_id(), AGENCY, ["agency_member"]),
    )
    try:
        assert (await InboxServiceStub(opened).Acknowledge(ASK)).acknowledged_sequence == 7
    finally:
        await opened.close()
        await wire.close()
