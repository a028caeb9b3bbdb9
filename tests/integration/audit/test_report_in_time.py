"""The story: an auditor asks for a report of fairness, and the hub does not come to its end in time.
What must still hold: they are told so, and what to do; not that the hub is away.
"""

import asyncio

import grpc
import pytest

from kem.intake.v1.fairness_service_pb2_grpc import FairnessServiceStub
from tests.support.odd_servers import Answer, hangs_up, listening
from tools.audit.fairness import make_report
from tools.partner.calls import Refused
from tools.stack.failure import StackFailure


class Auditor:
    """Nobody asks here who it is."""

    def credentials(self) -> tuple[tuple[str, str], ...]:
        return ()


async def counts_for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def make_at(answer: Answer) -> None:
    async with (
        listening(answer) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        await make_report(FairnessServiceStub(channel), Auditor(), within_seconds=0.5)


async def test_a_report_that_takes_longer_than_a_call_may_is_told_as_that_with_what_to_do() -> None:
    with pytest.raises(StackFailure) as told:
        await make_at(counts_for_ever)
    assert "gives a call 0.5 seconds" in str(told.value)
    assert "no report was made" in str(told.value)
    assert "Ask again" in str(told.value)


async def test_a_hub_that_hangs_up_is_told_as_one_that_cannot_be_reached() -> None:
    with pytest.raises(Refused, match="cannot be reached"):
        await make_at(hangs_up)
