"""The story: a city runs the hub on the Apache Kafka and the PostgreSQL that it has; a town starts its own.
The breakage: `kill -9` of a node, and of the supervisor with all that it started.
What must still hold: a day on Kafka loses and doubles nothing; what Kafka acknowledged is there again; a
fresh hub leaves nothing behind on servers that outlive it.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.kafka_address import KafkaAddress, client_settings
from chassis.topics import INTAKE, TOPICS
from tests.e2e.bare_stack import bare
from tests.e2e.kem_command import ROOT, command, environment
from tests.integration.chassis.waiting import until
from tests.support.apache import MakeNodes
from tools.stack.kafka_program import KafkaProgram
from tools.stack.layout import Layout
from tools.stack.ports import free_port
from tools.stack.postgres import PostgresServer
from tools.stack.postgres_admin import Passwords
from tools.stack.run_file import read_run
from tools.stack.topics import administration, found_topics

NEEDS = 60
_SECRET = "of the/city's own: @server"


@pytest.fixture(scope="module")
def citys_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL that knows nothing of a hub."""
    folder = tmp_path_factory.mktemp("postgres")
    server = PostgresServer(
        folder, free_port(), Passwords(_SECRET, "", "", {}), folder / "log", is_durable=False
    )
    server.start()
    yield server
    server.stop()


async def test_a_day_on_a_kafka_and_a_postgresql_that_run_already_loses_nothing_and_leaves_nothing(
    apache_nodes: MakeNodes, citys_postgres: PostgresServer, tmp_path: Path
) -> None:
    (node,) = await asyncio.to_thread(apache_nodes, 1)
    kafka = f"127.0.0.1:{node.port}"
    url = tmp_path / "url"
    url.write_text(citys_postgres.url("postgres", "postgres") + "\n")
    arguments = ["--needs", str(NEEDS), "--agencies", "12", "--seed", "7", "--json"]
    process = await asyncio.create_subprocess_exec(
        *command("demo", "--fresh", "--broker", kafka, "--database", str(url), *arguments),
        cwd=ROOT,
        env=environment(tmp_path / "data"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode == 0, stderr.decode()
    summary = json.loads(stdout)
    assert (summary["lost"], summary["doubled"], summary["invariant_violations"]) == (0, 0, 0)
    assert summary["needs_recorded"] == NEEDS
    assert summary["offers_delivered"] == summary["offers_sent"] > 0
    assert await asyncio.to_thread(found_topics, kafka) == {}
    with administration(kafka) as admin:
        assert admin.list_groups() == []
    left = "select datname from pg_database union select rolname from pg_roles where rolname not like 'pg_%'"
    assert set(citys_postgres.execute(left, "postgres").split()) == {"postgres", "template0", "template1"}


async def test_what_kafka_acknowledged_survives_the_kill_of_a_node_and_of_the_supervisor(
    apache_program: KafkaProgram, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tests.e2e.bare_stack", str(folder), "apache"),
        cwd=ROOT,
        env=environment(folder),
        stdout=asyncio.subprocess.PIPE,
    )
    assert started.stdout is not None
    async with asyncio.timeout(120):
        while (line := await started.stdout.readline()) != b"ready\n":
            assert line, "it ended before it was ready"
    run = read_run(Layout(folder))
    assert run is not None
    living = {process.name: found for process in run.processes if (found := process.find())}
    assert set(living) == {"postgresql", "broker"}
    kafka = KafkaAddress(run.addresses["broker"], Layout(folder).tools_certificate)
    await produce(kafka, b"first")
    living["broker"].kill()
    await produce(kafka, b"second")
    now = read_run(Layout(folder))
    assert now is not None
    living |= {process.name: found for process in now.processes if (found := process.find())}
    started.kill()
    await started.wait()
    assert psutil.wait_procs(list(living.values()), timeout=30)[1] == []

    said: list[str] = []
    stack = bare(folder)
    stack.say = said.append
    await stack.start()
    try:
        assert set(await asyncio.to_thread(found_topics, stack.addresses["broker"])) == set(TOPICS)
        assert await consume(stack.addresses["broker"]) == [b"first", b"second"]
        assert not [sentence for sentence in said if "filled" in sentence]
    finally:
        await stack.stop()


async def produce(bootstrap: str, value: bytes) -> None:
    """Returns when the event is acknowledged; a broker that is away is waited for."""

    async def is_acknowledged() -> bool:
        producer = AIOKafkaProducer(**client_settings(bootstrap), acks="all", enable_idempotence=True)
        try:
            await producer.start()
            await producer.send_and_wait(INTAKE, value, partition=0)
            return True
        except KafkaError:
            return False
        finally:
            await producer.stop()

    await until(is_acknowledged, within=60)


async def consume(bootstrap: str) -> list[bytes]:
    """What the topic's first partition holds."""
    consumer = AIOKafkaConsumer(INTAKE, **client_settings(bootstrap), auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            return [(await consumer.getone()).value for _ in range(2)]
    finally:
        await consumer.stop()
