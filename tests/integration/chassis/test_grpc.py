"""The gRPC door, by a real server and a real channel."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry.sdk.trace import TracerProvider

from chassis.access_records import AccessRecord
from chassis.caller import AssertionSigner, Caller, CallerVerifier
from chassis.grpc_client import channel
from chassis.grpc_server import AddressTaken, GrpcServer
from chassis.peers import Peers
from chassis.remote_errors import remote_refusals
from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY, INBOX_UNSPECIFIED
from kem.notifications.v1.inbox_service_pb2 import (
    AcknowledgeRequest,
    ListDeliveriesRequest,
    SubscribeRequest,
)
from kem.notifications.v1.inbox_service_pb2_grpc import (
    InboxServiceStub,
    add_InboxServiceServicer_to_server,
)
from kernel.errors import (
    Conflict,
    Exhausted,
    Invalid,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    NotYetKnown,
    RuleBroken,
    Unavailable,
)
from kernel.ids import random_id
from tests.integration.chassis.assertions import make_signer, write_keys
from tests.integration.chassis.inbox_servicer import ACCESS, SERVICE, TestInbox
from tests.integration.chassis.waiting import until
from tests.support.hub_certificates import no_revoked_certificates, service_files, tools_files

PERSON, AGENCY = random_id(), random_id()


class Door:
    """A served test inbox with its keys and what it recorded."""

    def __init__(self, folder: Path) -> None:
        self.desk = make_signer(folder, "desk")
        self.referral = make_signer(folder, "service:referral")
        self.inbox = TestInbox()
        self.refusals: list[tuple[AccessRecord, Caller]] = []
        self.server = GrpcServer(
            "127.0.0.1:0",
            service_files("notifications"),
            Peers(no_revoked_certificates()),
            CallerVerifier(write_keys(folder, self.desk, self.referral)),
            ACCESS,
            [lambda server: add_InboxServiceServicer_to_server(self.inbox, server)],
            service="notifications",
            record_refusal=self._record,
        )
        self._channels: list[grpc.aio.Channel] = []

    async def _record(self, record: AccessRecord, caller: Caller) -> None:
        self.refusals.append((record, caller))

    def channel(self, *roles: str, signer: AssertionSigner | None = None) -> grpc.aio.Channel:
        """A channel of a member with these roles, of a service, or of nobody."""
        token = (lambda: self.desk.token(PERSON, AGENCY, list(roles))) if roles else None
        files = tools_files() if signer is None else service_files("referral")
        opened = channel(f"127.0.0.1:{self.server.port}", "notifications", signer, files, token=token)
        self._channels.append(opened)
        return opened

    def stub(self, *roles: str, signer: AssertionSigner | None = None) -> Any:
        return InboxServiceStub(self.channel(*roles, signer=signer))

    async def close(self) -> None:
        for opened in self._channels:
            await opened.close()
        await self.server.drain(0.1)


@pytest_asyncio.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    one = Door(tmp_path)
    await one.server.start()
    await one.server.set_serving(True)
    yield one
    await one.close()


ASK = AcknowledgeRequest(inbox=INBOX_AGENCY, up_to_sequence=7)


async def test_a_permitted_call_is_answered_and_the_servicer_knows_the_caller(door: Door) -> None:
    answer = await door.stub("agency_member").Acknowledge(ASK)
    assert answer.acknowledged_sequence == 7
    (caller,) = door.inbox.callers
    assert (caller.principal_id, caller.agency_id) == (PERSON, AGENCY)


async def test_a_call_without_an_assertion_or_with_a_bad_one_is_refused(door: Door) -> None:
    with pytest.raises(NotAuthenticated), remote_refusals():
        await door.stub().Acknowledge(ASK)
    with pytest.raises(NotAuthenticated), remote_refusals():
        await door.stub().Acknowledge(ASK, metadata=(("authorization", "Bearer nonsense"),))
    assert door.refusals == []
    assert door.inbox.callers == []


async def test_a_refusal_is_recorded_before_it_is_told(door: Door) -> None:
    with pytest.raises(NotPermitted), remote_refusals():
        await door.stub("dpo").Acknowledge(ASK)
    ((record, caller),) = door.refusals
    assert (record.service, record.method) == ("notifications", f"{SERVICE}/Acknowledge")
    assert record.refusal_reason == "NOT_PERMITTED"
    assert caller.principal_id == PERSON
    assert door.inbox.callers == []


async def test_a_caller_s_trace_goes_on_but_not_the_words_that_could_ride_on_it(door: Door) -> None:
    traceparent = f"00-{'a' * 32}-{'b' * 16}-01"
    metadata = (("traceparent", traceparent), ("tracestate", "kem=amna-al-ikhtira"))
    await door.stub("agency_member").Acknowledge(ASK, metadata=metadata)
    assert door.inbox.traces == ["a" * 32]
    assert door.inbox.trace_states == [None]


async def test_who_asks_for_what_they_may_not_know_of_is_on_record_and_once(door: Door) -> None:
    door.inbox.error = refusal = NotFound("no such offer", reason="OFFER_NOT_FOUND")
    with pytest.raises(NotFound), remote_refusals():
        await door.stub("agency_member").Acknowledge(ASK)
    ((record, caller),) = door.refusals
    assert (record.method, record.refusal_reason) == (f"{SERVICE}/Acknowledge", "OFFER_NOT_FOUND")
    assert caller.principal_id == PERSON
    refusal.is_on_record = True  # by the servicer itself, which knew more
    with pytest.raises(NotFound), remote_refusals():
        await door.stub("agency_member").Acknowledge(ASK)
    assert len(door.refusals) == 1


async def test_what_is_for_services_is_closed_to_people(door: Door) -> None:
    request = ListDeliveriesRequest(inbox=INBOX_AGENCY, after_sequence=5)
    with pytest.raises(NotPermitted), remote_refusals():
        await door.stub("agency_member").ListDeliveries(request)
    answer = await door.stub(signer=door.referral).ListDeliveries(request)
    assert answer.last_sequence == 5


async def test_a_request_that_breaks_its_rules_never_reaches_the_servicer(door: Door) -> None:
    with pytest.raises(Invalid) as caught, remote_refusals():
        await door.stub("agency_member").Acknowledge(AcknowledgeRequest(inbox=INBOX_AGENCY, up_to_sequence=0))
    assert "up_to_sequence" in caught.value.message
    assert door.inbox.callers == []


@pytest.mark.parametrize(
    "error",
    [
        RuleBroken("taken", reason="OFFER_ALREADY_ANSWERED", state="ACCEPTED"),
        Conflict("used", reason="REQUEST_ID_REUSED"),
        NotYetKnown("soon", reason="ACCEPTANCE_NOT_KNOWN", retry_delay_seconds=0.7),
        Unavailable("later", retry_delay_seconds=0.2),
        Exhausted("enough", reason="TOO_MANY_TRIES", retry_delay_seconds=90.0),
    ],
)
async def test_an_error_crosses_the_wire_with_its_kind_reason_and_facts(door: Door, error: Any) -> None:
    door.inbox.error = error
    with pytest.raises(type(error)) as caught, remote_refusals():
        await door.stub("agency_member").Acknowledge(ASK)
    assert type(caught.value) is type(error)
    assert (caught.value.message, caught.value.stable_reason) == (error.message, error.stable_reason)
    assert caught.value.metadata == error.metadata
    assert getattr(caught.value, "retry_delay_seconds", None) == getattr(error, "retry_delay_seconds", None)


async def test_an_unforeseen_error_leaves_without_its_words(door: Door) -> None:
    door.inbox.error = ValueError("Amina Marked-Name")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await door.stub("agency_member").Acknowledge(ASK)
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "Amina" not in str(caught.value)


async def test_a_stream_is_guarded_and_its_errors_are_mapped(door: Door) -> None:
    request = SubscribeRequest(inbox=INBOX_AGENCY, after_sequence=10)
    with pytest.raises(NotPermitted), remote_refusals():
        await door.stub("dpo").Subscribe(request).read()
    with pytest.raises(Invalid), remote_refusals():
        await door.stub("agency_member").Subscribe(SubscribeRequest(inbox=INBOX_UNSPECIFIED)).read()
    door.inbox.error = RuleBroken("over", reason="OVER")
    seen = []

    async def read() -> None:
        with remote_refusals():
            async for answer in door.stub("agency_member").Subscribe(request):
                seen.append(answer.last_sequence)

    with pytest.raises(RuleBroken) as caught:
        await read()
    assert seen == [10, 11, 12]
    assert caught.value.stable_reason == "OVER"


async def test_a_client_that_leaves_frees_its_stream(door: Door) -> None:
    call = door.stub("agency_member").Subscribe(SubscribeRequest(inbox=INBOX_AGENCY))
    await call.read()
    call.cancel()
    async with asyncio.timeout(5):
        await door.inbox.closed.wait()


async def test_a_drain_ends_streams_with_unavailable_and_lets_calls_finish(door: Door) -> None:
    stub = door.stub("agency_member")
    stream = stub.Subscribe(SubscribeRequest(inbox=INBOX_AGENCY))
    for _ in range(3):
        await stream.read()
    door.inbox.gate.clear()
    call = asyncio.ensure_future(stub.Acknowledge(ASK))
    await until(lambda: door.inbox.callers)
    drain = asyncio.create_task(door.server.drain(5))
    with pytest.raises(Unavailable), remote_refusals():
        await stream.read()
    door.inbox.gate.set()
    assert (await call).acknowledged_sequence == 7
    await drain


async def test_health_is_public_and_told_per_service(door: Door) -> None:
    health: Any = health_pb2_grpc.HealthStub(door.channel())
    Check = health_pb2.HealthCheckRequest
    SERVING = health_pb2.HealthCheckResponse.SERVING
    for name in ("", "kem.notifications.v1.InboxService"):
        assert (await health.Check(Check(service=name))).status == SERVING
    await door.server.set_serving(False)
    assert (await health.Check(Check())).status == health_pb2.HealthCheckResponse.NOT_SERVING
    watch = health.Watch(Check())
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
    watch.cancel()


async def test_reflection_is_for_known_callers(door: Door) -> None:
    request = reflection_pb2.ServerReflectionRequest(list_services="")

    async def ask(opened: grpc.aio.Channel) -> list[str]:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(opened)
        call = stub.ServerReflectionInfo(iter([request]))
        answer = await call.read()
        call.cancel()
        return [one.name for one in answer.list_services_response.service]

    assert "kem.notifications.v1.InboxService" in await ask(door.channel("interpreter"))
    with pytest.raises(NotAuthenticated), remote_refusals():
        await ask(door.channel())


async def test_a_trace_crosses_from_caller_to_servicer(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = TracerProvider()
    monkeypatch.setattr("chassis.call_guard.tracer", provider.get_tracer("test"))
    with provider.get_tracer("test").start_as_current_span("caller") as span:
        await door.stub("agency_member").Acknowledge(ASK)
    assert door.inbox.traces == [f"{span.get_span_context().trace_id:032x}"]


async def test_two_servers_never_share_an_address(door: Door, tmp_path: Path) -> None:
    second = GrpcServer(
        f"127.0.0.1:{door.server.port}",
        service_files("notifications"),
        Peers(no_revoked_certificates()),
        CallerVerifier(write_keys(tmp_path, door.desk)),
        ACCESS,
        [],
        service="notifications",
    )
    with pytest.raises(AddressTaken):
        await second.start()
