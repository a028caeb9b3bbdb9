"""A certificate that is revoked or has ended ends calls and streams, also where the list cannot be read."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from chassis.certificates import Holder
from chassis.remote_errors import remote_refusals
from kernel.errors import Unavailable
from tests.integration.chassis.gate import AGENCY, ASK, Gate, refusal_of, subscribed
from tests.integration.chassis.waiting import until


async def test_a_revoked_certificate_ends_calls_at_once_and_streams_within_seconds(gate: Gate) -> None:
    lost, kept = gate.files(Holder.of_agency(AGENCY)), gate.files(Holder.of_agency(AGENCY))
    member, colleague = gate.member(lost), gate.member(kept)
    stream, other_stream = await subscribed(member), await subscribed(colleague)
    gate.revoke(lost)
    assert await refusal_of(member.Acknowledge(ASK)) == "CERTIFICATE_REVOKED"
    async with asyncio.timeout(5):
        assert await refusal_of(stream.read()) == "CERTIFICATE_REVOKED"
    assert (await colleague.Acknowledge(ASK)).acknowledged_sequence == 7
    assert not other_stream.done()
    other_stream.cancel()


async def test_a_certificate_that_ends_during_a_connection_ends_calls_and_streams(gate: Gate) -> None:
    short = gate.files(Holder.of_agency(AGENCY), lifetime=timedelta(seconds=2))
    member = gate.member(short)
    stream = await subscribed(member)
    async with asyncio.timeout(8):
        assert await refusal_of(stream.read()) == "CERTIFICATE_EXPIRED"
    assert await refusal_of(member.Acknowledge(ASK)) == "CERTIFICATE_EXPIRED"


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b'{"serials": [1]}', b'{"serials": "ab"}'])
async def test_a_list_of_revoked_certificates_that_cannot_be_read_lets_nobody_in_and_nobody_stay(
    gate: Gate, content: bytes | None
) -> None:
    lost = gate.files(Holder.of_agency(AGENCY))
    member = gate.member(lost)
    stream = await subscribed(member)
    gate.revoked.unlink() if content is None else gate.revoked.write_bytes(content)
    with pytest.raises(Unavailable), remote_refusals():
        await member.Acknowledge(ASK)
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable), remote_refusals():
            await stream.read()
    assert gate.inbox.callers == []
    gate.revoke()
    assert (await member.Acknowledge(ASK)).acknowledged_sequence == 7
    again = await subscribed(member)
    gate.revoke(lost)
    async with asyncio.timeout(5):
        assert await refusal_of(again.read()) == "CERTIFICATE_REVOKED"


async def test_streams_of_a_revoked_certificate_end_also_where_the_own_one_cannot_be_read(gate: Gate) -> None:
    lost = gate.files(Holder.of_agency(AGENCY))
    stream = await subscribed(gate.member(lost))
    with capture_logs() as logs:
        gate.own.certificate.unlink()
        await until(lambda: "certificate_not_read" in [line["event"] for line in logs])
    gate.revoke(lost)
    async with asyncio.timeout(5):
        assert await refusal_of(stream.read()) == "CERTIFICATE_REVOKED"
