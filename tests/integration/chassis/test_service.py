"""A whole process: it says ready, is measured, drains when asked, and leaves at once when it must."""

import asyncio
import json
import signal
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.caller import AssertionSigner
from chassis.events import OutgoingEvent
from chassis.grpc_client import channel
from chassis.logs import ALLOWED_KEYS
from chassis.postgres import Database
from chassis.remote_errors import remote_refusals
from chassis.topics import DIRECTORY
from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY
from kem.notifications.v1.inbox_service_pb2 import AcknowledgeRequest, SubscribeRequest
from kem.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub
from kernel.errors import NotPermitted, Unavailable
from kernel.ids import random_id
from tests.integration.chassis.assertions import key_file, make_signer, write_keys
from tests.integration.chassis.collecting import effects, letters, make_effect_table
from tests.integration.chassis.conftest import SCHEMA, make_topic, publish
from tests.integration.chassis.otlp_receiver import Receiver
from tests.integration.chassis.waiting import until
from tests.support.hub_certificates import certificate_environment, tools_files
from tests.support.postgres import FreshDatabase
from tools.stack.broker import Broker
from tools.stack.ports import free_port
from tools.stack.services import why_not_serving
from tools.stack.topics import administration, create_topics

ROOT = Path(__file__).parents[3]


@dataclass
class Sample:
    """The sample service as a process, and what it wrote to its log."""

    environment: dict[str, str]
    desk: AssertionSigner
    process: asyncio.subprocess.Process | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    channels: list[grpc.aio.Channel] = field(default_factory=list)
    _reading: asyncio.Task[None] | None = None

    async def start(self, roles: str = "grpc,stream,relay,timers") -> None:
        command = [sys.executable, "-m", "tests.integration.chassis.sample_service", "--roles", roles]
        self.process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=self.environment, stderr=asyncio.subprocess.PIPE
        )
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process is not None
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(json.loads(line))

    async def said(self, event: str) -> dict[str, Any]:
        """The first log line about `event`."""
        line: dict[str, Any] = await until(
            lambda: next((line for line in self.lines if line["event"] == event), None), within=30
        )
        return line

    async def ended(self) -> int:
        """The exit code, when everything that it wrote is read."""
        assert self.process is not None
        assert self._reading is not None
        async with asyncio.timeout(30):
            code = await self.process.wait()
            await self._reading
        return code

    @property
    def address(self) -> str:
        return self.environment["KEM_REFERRAL_GRPC_ADDRESS"]

    def channel(self, role: str | None = None) -> grpc.aio.Channel:
        """A channel of a person with this role, or of nobody."""
        token = (lambda: self.desk.token(random_id(), random_id(), [role])) if role else None
        opened = channel(self.address, "referral", None, tools_files(), token=token)
        self.channels.append(opened)  # one that nobody holds is closed
        return opened

    def stub(self, role: str) -> Any:
        return InboxServiceStub(self.channel(role))


@pytest_asyncio.fixture
async def sample(stored: FreshDatabase, broker: Broker, topic: str, tmp_path: Path) -> AsyncIterator[Sample]:
    await make_effect_table(stored.execute, SCHEMA)
    stored.execute(
        f"create table {SCHEMA}.due (id bigint generated always as identity, due_time timestamptz);"
        f"grant all on {SCHEMA}.due to {SCHEMA}_worker"
    )
    (tmp_path / "app-url").write_text(stored.app_url())
    (tmp_path / "worker-url").write_text(stored.worker_url())
    desk, own = make_signer(tmp_path, "desk"), make_signer(tmp_path, "service:referral")
    one = Sample(
        {
            "PYTHONPATH": f"{ROOT}:{ROOT}/gen",
            "PATH": "",
            "TEST_TOPIC": topic,
            "KEM_REFERRAL_DATABASE_URL_FILE": str(tmp_path / "app-url"),
            "KEM_REFERRAL_WORKER_DATABASE_URL_FILE": str(tmp_path / "worker-url"),
            "KEM_REFERRAL_GRPC_ADDRESS": f"127.0.0.1:{free_port()}",
            "KEM_REFERRAL_METRICS_ADDRESS": f"127.0.0.1:{free_port()}",
            "KEM_KAFKA_BOOTSTRAP": broker.bootstrap,
            "KEM_KAFKA_IDEMPOTENCE": "false",
            "KEM_KAFKA_SESSION_SECONDS": "1.5",
            "KEM_ASSERTION_KEYS_FILE": str(write_keys(tmp_path, desk, own)),
            "KEM_REFERRAL_IDENTITY_FILE": str(key_file(tmp_path, "service:referral")),
            **certificate_environment("referral"),
        },
        desk,
    )
    yield one
    for opened in one.channels:
        await opened.close()
    if one.process is not None and one.process.returncode is None:
        one.process.kill()
        await one.ended()


async def test_a_service_says_ready_works_is_measured_and_drains(
    sample: Sample, database: Database, make_event: Callable[..., OutgoingEvent]
) -> None:
    async with database.pool.acquire() as connection:
        await connection.execute("insert into due (due_time) select now() from generate_series(1, 250)")
    await sample.start()
    ready = await sample.said("service_ready")
    assert ready["roles"] == ["grpc", "stream", "relay", "timers"]
    health: Any = health_pb2_grpc.HealthStub(sample.channel())
    answer = await health.Check(health_pb2.HealthCheckRequest())
    assert answer.status == health_pb2.HealthCheckResponse.SERVING

    events = [make_event() for _ in range(5)]
    await publish(database, *events)
    await until(lambda: _has_effects(database, 5))
    await until(lambda: _is_empty(database, "due"))

    member, stranger = sample.stub("agency_member"), sample.stub("interpreter")
    asked = await member.Acknowledge(AcknowledgeRequest(inbox=INBOX_AGENCY, up_to_sequence=3))
    assert asked.acknowledged_sequence == 3
    with pytest.raises(NotPermitted), remote_refusals():
        await stranger.Acknowledge(AcknowledgeRequest(inbox=INBOX_AGENCY, up_to_sequence=3))
    await until(lambda: _has_effects(database, 6))
    # what it runs with, five that were published here, one acknowledgement, one refusal put on record
    told = 'kem_publication_position{source="referral"} 8.0'
    page = await until(lambda: _page_with(sample, told, "kem_consumer_lag"))  # each looked at by itself
    for name in (
        "kem_outbox_depth",
        "kem_logged_position",
        "kem_consumer_position",
        "kem_batch_seconds_bucket",
        "kem_consumed_events_total",
        "kem_relayed_events_total",
        "kem_timer_rows_total",
        'kem_call_seconds_count{code="OK"',
        'kem_call_seconds_count{code="PERMISSION_DENIED"',
    ):
        assert name in page, name

    stream = member.Subscribe(SubscribeRequest(inbox=INBOX_AGENCY))
    for _ in range(3):
        await stream.read()
    assert sample.process is not None
    sample.process.send_signal(signal.SIGTERM)
    with pytest.raises(Unavailable), remote_refusals():
        await stream.read()
    assert await sample.ended() == 0
    assert {key for line in sample.lines for key in line} <= ALLOWED_KEYS
    assert not [line for line in sample.lines if line["level"] in ("error", "critical")]


async def test_a_stream_that_cannot_go_on_ends_the_process_and_acks_nothing(
    sample: Sample, database: Database, stored: FreshDatabase, make_event: Callable[..., OutgoingEvent]
) -> None:
    await sample.start()
    await sample.said("service_ready")
    stored.execute(f"alter table {SCHEMA}.effect rename to mislaid")
    event = make_event()
    await publish(database, event)
    assert await sample.ended() == 70
    assert [line["error"] for line in sample.lines if line["event"] == "part_ended"] == ["StreamFailed"]
    assert await letters(database) == []

    stored.execute(f"alter table {SCHEMA}.mislaid rename to effect")
    await sample.start()
    await until(lambda: _has_effects(database, 1), within=30)
    assert await effects(database) == [event.event_id]


async def test_one_trace_leads_from_a_call_through_the_broker_to_the_call_that_it_causes(
    sample: Sample, database: Database
) -> None:
    receiver = Receiver()
    await receiver.start()
    sample.environment |= {"KEM_OTLP_ENDPOINT": f"http://{receiver.address}", "KEM_TRACE_RATIO": "0"}
    await sample.start()
    await sample.said("service_ready")
    trace_id, span_id = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    await sample.stub("agency_member").Acknowledge(
        AcknowledgeRequest(inbox=INBOX_AGENCY, up_to_sequence=3),
        metadata=(("traceparent", f"00-{trace_id}-{span_id}-01"),),
    )
    await until(lambda: _has_effects(database, 1))
    assert sample.process is not None
    sample.process.send_signal(signal.SIGTERM)
    assert await sample.ended() == 0
    await receiver.stop()
    spans = {span.name: span for span in receiver.spans}
    asked = spans["kem.notifications.v1.InboxService/Acknowledge"]
    batch = next(span for name, span in spans.items() if name.endswith("batch"))
    caused = spans["kem.notifications.v1.InboxService/ListDeliveries"]
    assert (asked.trace_id.hex(), asked.parent_span_id.hex()) == (trace_id, span_id)
    assert [(link.trace_id, link.span_id) for link in batch.links] == [(asked.trace_id, asked.span_id)]
    assert (caused.trace_id, caused.parent_span_id) == (batch.trace_id, batch.span_id)
    assert len(receiver.spans) == 3, "what nobody asked to have traced is not, at a ratio of 0"
    assert {"kem_batch_seconds", "kem_outbox_depth"} <= receiver.metrics


async def test_a_service_whose_topics_are_missing_or_differ_says_so_and_is_ready_when_they_are_mended(
    sample: Sample, topic: str, tmp_path: Path
) -> None:
    bare = Broker(free_port(), tmp_path / "broker.log")
    bare.start()
    try:
        make_topic(bare.bootstrap, topic)
        make_topic(bare.bootstrap, DIRECTORY, partitions=4)
        sample.environment["KEM_KAFKA_BOOTSTRAP"] = bare.bootstrap
        await sample.start()
        said = await sample.said("topics_not_in_order")
        assert said["reason"] == (
            "topic kem.access.v1 is missing; topic kem.directory.v1 has 4 partitions, not 8;"
            " topic kem.referral.v1 is missing"
        )
        await until(lambda: _says(sample.address, said["reason"]))
        with administration(bare.bootstrap) as admin:
            admin.delete_topics([DIRECTORY])
        create_topics(bare.bootstrap)
        assert (await sample.said("topics_in_order"))["level"] == "info"
        await sample.said("service_ready")
        await until(lambda: _says(sample.address, None))
    finally:
        bare.stop()


async def test_a_missing_setting_is_said_in_a_sentence_and_not_retried(sample: Sample) -> None:
    del sample.environment["KEM_KAFKA_BOOTSTRAP"]
    command = [sys.executable, "-m", "tests.integration.chassis.sample_service"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=sample.environment, stderr=asyncio.subprocess.PIPE
    )
    _, words = await process.communicate()
    assert process.returncode == 78
    assert words.decode() == "KEM_KAFKA_BOOTSTRAP is not set; the service cannot start without it.\n"


async def _says(address: str, reason: str | None) -> bool:
    """Whether the service says so; on a busy machine it may first not answer in time."""
    return await why_not_serving(address, "referral", tools_files()) == reason


async def _has_effects(database: Database, count: int) -> bool:
    return len(await effects(database)) >= count


async def _is_empty(database: Database, table: str) -> bool:
    async with database.pool.acquire() as connection:
        return bool(await connection.fetchval(f"select not exists (select from {table})"))


async def _page_with(sample: Sample, *words: str) -> str:
    def read() -> str:
        with urllib.request.urlopen(
            f"http://{sample.environment['KEM_REFERRAL_METRICS_ADDRESS']}/metrics"
        ) as page:
            text: str = page.read().decode()
        return text

    text = await asyncio.to_thread(read)
    return text if all(word in text for word in words) else ""
