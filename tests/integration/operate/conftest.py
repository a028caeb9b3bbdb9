"""A hub's databases and broker as the operator's commands find them, without its services."""

import asyncio
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch
from uuid import UUID

import asyncpg
import pytest
from google.protobuf.message import Message

from chassis.events import OutgoingEvent
from chassis.topics import key_bytes, partition_of
from kernel.ids import random_id
from tests.support.postgres import FreshDatabase, MakeDatabase
from tests.support.referral_facts import outgoing
from tools.__main__ import main
from tools.operate.running import Running
from tools.stack.broker import Broker
from tools.stack.layout import ROOT, Layout, write_secret
from tools.stack.run_file import Run, RunningProcess, write_run

SCHEMAS = ("intake", "referral", "notifications", "access")

_LOG = """
    insert into referral.event_log
        (position, event_id, topic, partition, key, aggregate_id, aggregate_version, type, event_time,
         payload)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


class Done(NamedTuple):
    """How a command ended and what it printed."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Hub:
    """A data folder that looks like a running hub's."""

    files: FreshDatabase
    broker: Broker
    layout: Layout
    position: int = field(default=0)

    @property
    def running(self) -> Running:
        return Running(self.layout, self.broker.bootstrap)

    async def kem(self, *arguments: str) -> Done:
        """The command as a person in a second terminal calls it, in this process."""
        return await asyncio.to_thread(self._kem, arguments)

    def _kem(self, arguments: Sequence[str]) -> Done:
        out, err = io.StringIO(), io.StringIO()
        with (
            patch("tools.operate.running.DATA", self.layout.data),
            patch("tools.check.where.DATA", self.layout.data),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main(arguments)
        return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    async def kem_apart(self, *arguments: str) -> Done:
        """The command in a process of its own: a Kafka client that finds no broker leaves sockets open."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "tools", *arguments),
            cwd=ROOT,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return Done(process.returncode, out.decode(), err.decode())

    @property
    def environment(self) -> dict[str, str]:
        """What the command finds about it."""
        return {"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "KEM_DATA": str(self.layout.data), "PATH": ""}

    async def log(self, events: Sequence[OutgoingEvent], *, published: bool = True) -> list[int]:
        """Puts referral's events into its log; answers their positions."""
        connection = await asyncpg.connect(self.files.superuser_url)
        try:
            rows = [self._row(event) for event in events]
            await connection.executemany(_LOG, rows)
            await connection.execute("update referral.publication set logged_position = $1", self.position)
            if published:
                await connection.execute("update referral.publication set position = logged_position")
            return [row[0] for row in rows]
        finally:
            await connection.close()

    def _row(self, event: OutgoingEvent) -> tuple[int, UUID, str, int, UUID, UUID, int, str, datetime, bytes]:
        self.position += 1
        return (
            self.position,
            event.event_id,
            event.topic,
            partition_of(key_bytes(event.key)),
            event.key,
            event.aggregate_id,
            event.aggregate_version,
            event.type,
            event.event_time,
            event.payload,
        )

    async def reach(self, schema: str, consumer: str, topic: str, partition: int, position: int) -> None:
        """Lets a consumer of referral's events stand there."""
        connection = await asyncpg.connect(self.files.worker_url(schema))
        try:
            await connection.execute(
                "insert into consumer_progress values ($1, 'referral', $2, $3, $4)",
                *(consumer, topic, partition, position),
            )
        finally:
            await connection.close()


def key_in(partition: int) -> UUID:
    """An id whose events go into the partition."""
    while partition_of(key_bytes(key := random_id())) != partition:
        pass
    return key


def fact(message: Message, partition: int = 0, event_time: datetime | None = None) -> OutgoingEvent:
    """A fact about some referral of that partition."""
    return outgoing(message, referral_id=key_in(partition), event_time=event_time or datetime.now(UTC))


@pytest.fixture
def make_hub(fresh_database: MakeDatabase, tmp_path: Path) -> Iterator[Callable[[Broker], Hub]]:
    """Makes the hub of one test over a broker."""
    held = []

    def make(broker: Broker) -> Hub:
        layout = Layout(tmp_path / "data")
        layout.make()
        files = fresh_database(schemas=SCHEMAS)
        write_secret(layout.url_file("check"), files.check_url)
        for schema in SCHEMAS:
            write_secret(layout.url_file(f"{schema}-worker"), files.worker_url(schema))
        supervisor = RunningProcess("kem up", 0, 0.0)
        write_run(layout, Run(supervisor, 0, {"broker": broker.bootstrap}, is_ready=True))
        hold = layout.hold()
        hold.__enter__()
        held.append(hold)
        return Hub(files, broker, layout)

    yield make
    for hold in held:
        hold.__exit__(None, None, None)


@pytest.fixture
def hub(make_hub: Callable[[Broker], Hub], broker: Broker) -> Hub:
    """A hub on the session's broker: for whoever changes nothing there."""
    return make_hub(broker)


@pytest.fixture
def lonely_hub(make_hub: Callable[[Broker], Hub], fresh_broker: Callable[[], Broker]) -> Hub:
    """A hub on a broker of its own."""
    return make_hub(fresh_broker())
