"""Apache Kafka on this machine (KRaft): each node is broker and controller at once, and keeps its events."""

import base64
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chassis.kafka_address import KafkaAddress
from chassis.topics import MIN_INSYNC_REPLICAS, REPLICATION
from tools.stack.broker import answers
from tools.stack.failure import StackFailure
from tools.stack.kafka_program import KafkaProgram, cache_lock, fetch_kafka, properties
from tools.stack.kafka_tls import KafkaTls
from tools.stack.layout import write_secret
from tools.stack.ports import free_port
from tools.stack.process import bare_environment, last_line, spawn, stop
from tools.stack.topics import BROKER_ERRORS, administration

READY_SECONDS: Final = 90.0
CLIENTS: Final = "CLIENTS"
"""The listener of a node for everybody but controllers."""
_LOOK_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 60.0
"""For the one orderly end that writes the archive."""


@dataclass(frozen=True, slots=True)
class NodePorts:
    """Where one node listens; `advertised` is where it sends clients, if something stands in between."""

    broker: int
    controller: int
    advertised: int = 0


@dataclass(slots=True)
class KafkaNode:
    """One node: formatted once, then started and stopped as often as wanted."""

    number: int
    port: int
    program: KafkaProgram
    folder: Path
    log: Path
    tls: KafkaTls | None = None
    write_archive: Path | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Where it keeps its events and the cluster's decisions."""
        return self.folder / "data"

    @property
    def settings(self) -> Path:
        return self.folder / "node.properties"

    def format(self, cluster_id: str) -> "subprocess.Popen[bytes] | None":
        """Begins to make its files where there are none; a half-made folder is made anew."""
        if self._formatted.exists():
            return None
        shutil.rmtree(self.data, ignore_errors=True)
        command = self.program.command(
            "kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", str(self.settings)
        )
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=bare_environment()
            )

    def end_format(self, formatting: "subprocess.Popen[bytes] | None") -> None:
        """Waits for it.

        Raises:
            StackFailure: it could not.
        """
        if formatting is None:
            return
        if formatting.wait() != 0:
            raise StackFailure(f"Apache Kafka could not make its files in {self.data}; {self._reason()}")
        self._formatted.touch()

    @property
    def _formatted(self) -> Path:
        return self.folder / "formatted"

    def spawn(self) -> subprocess.Popen[bytes]:
        """Starts the process.

        Raises:
            StackFailure: something already listens there.
        """
        if answers(self.port):
            raise StackFailure(
                f"Port {self.port} is taken by another program; end it, or start again to get other ports."
            )
        command = self.program.command("kafka.Kafka", str(self.settings), write_archive=self.write_archive)
        self.process = spawn(command, log=self.log, environment=bare_environment(), directory=self.folder)
        return self.process

    def wait_ready(self, patience_seconds: float = READY_SECONDS) -> None:
        """Returns when the cluster counts this node among its brokers.

        Raises:
            StackFailure: it ended, or is not there in time.
        """
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                raise StackFailure(f"Apache Kafka ended at once; {self._reason()}")
            if answers(self.port) and self._is_in_cluster():
                return
            time.sleep(_LOOK_SECONDS)
        raise StackFailure(f"Apache Kafka did not answer within {patience_seconds:.0f} s; {self._reason()}")

    def _is_in_cluster(self) -> bool:
        try:
            with administration(self.address) as admin:
                brokers = admin.describe_cluster()["brokers"]
        except BROKER_ERRORS:
            return False
        return any(broker["broker_id"] == self.number for broker in brokers)

    @property
    def address(self) -> KafkaAddress:
        """Where this machine's commands reach it."""
        return KafkaAddress(f"127.0.0.1:{self.port}", self.tls.tools if self.tls else None)

    def _reason(self) -> str:
        said = self.log.read_text(errors="replace") if self.log.exists() else ""
        if "No space left on device" in said[-4000:]:
            return "the disk is full: make room and try again."
        return f"its log is {self.log} and ends with: {last_line(said)}"

    def stop(self, patience_seconds: float = 10) -> None:
        """Ends it in order, or at once when that takes too long: what it acknowledged is in its files."""
        if self.process is not None:
            stop(self.process, ask=signal.SIGTERM, patience_seconds=patience_seconds)
            self.process = None


def kafka_nodes(
    program: KafkaProgram,
    folder: Path,
    ports: Sequence[NodePorts],
    log: Callable[[int], Path],
    tls: KafkaTls | None = None,
) -> list[KafkaNode]:
    """The nodes of the cluster that lives in `folder`, formatted and ready to be started.

    Args:
        tls: takes nobody without a certificate, and gives nobody a right by itself; None: in plain, and
            everybody may do everything.

    Raises:
        StackFailure: its files cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    cluster = folder / "cluster-id"
    if not cluster.exists():
        write_secret(cluster, base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"="))
    nodes = []
    for number, own in enumerate(ports, 1):
        node = KafkaNode(number, own.broker, program, folder / str(number), log(number), tls)
        node.folder.mkdir(exist_ok=True, mode=0o700)
        node.settings.write_text(_settings(node, own, ports), encoding="utf-8")
        nodes.append(node)
    formatting = [node.format(cluster.read_text(encoding="utf-8")) for node in nodes]
    for node, process in zip(nodes, formatting, strict=True):
        node.end_format(process)
    return nodes


def _settings(node: KafkaNode, own: NodePorts, ports: Sequence[NodePorts]) -> str:
    voters = ",".join(f"{number}@127.0.0.1:{one.controller}" for number, one in enumerate(ports, 1))
    replication = REPLICATION if len(ports) >= REPLICATION else 1
    insync = MIN_INSYNC_REPLICAS if replication == REPLICATION else 1
    protocol = "PLAINTEXT" if node.tls is None else "SSL"
    return properties(
        [
            ("node.id", node.number),
            ("controller.quorum.voters", voters),
            ("listener.security.protocol.map", f"CLIENTS:{protocol},CONTROLLER:{protocol}"),
            ("inter.broker.listener.name", CLIENTS),
            ("listeners", f"{CLIENTS}://127.0.0.1:{own.broker},CONTROLLER://127.0.0.1:{own.controller}"),
            ("advertised.listeners", f"{CLIENTS}://127.0.0.1:{own.advertised or own.broker}"),
            *(node.tls.settings() if node.tls else ()),
            ("log.dirs", node.data),
            ("default.replication.factor", replication),
            ("min.insync.replicas", insync),
            ("offsets.topic.replication.factor", replication),
            ("transaction.state.log.replication.factor", replication),
            ("transaction.state.log.min.isr", insync),
            ("share.coordinator.state.topic.replication.factor", replication),
            ("share.coordinator.state.topic.min.isr", insync),
        ]
    )


def kafka_program(say: Callable[[str], None]) -> KafkaProgram:
    """Kafka's program with its archive of classes; both are made once for all stacks of this checkout.

    Raises:
        ProgramMissing: Java or Maven is, or it cannot be fetched.
    """
    program = fetch_kafka(say)
    with cache_lock():
        if not program.archive.exists():
            say("Preparing Apache Kafka for quick starts, once …")
            began = time.monotonic()
            _write_archive(program)
            say(f"Apache Kafka is prepared ({time.monotonic() - began:.0f} s).")
    return program


def _write_archive(program: KafkaProgram) -> None:
    """One short life of a node that notes which classes it needs."""
    folder = program.home / "preparing"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        ports = [NodePorts(free_port(), free_port())]
        node = kafka_nodes(program, folder, ports, lambda number: folder / "node.log")[0]
        node.write_archive = folder / "classes.jsa"
        node.spawn()
        try:
            node.wait_ready()
            with administration(f"127.0.0.1:{node.port}") as admin:
                admin.create_topics({"prepared": {"num_partitions": 1, "replication_factor": 1}})
        finally:
            node.stop(_STOP_SECONDS)
        if node.write_archive.exists():
            node.write_archive.rename(program.archive)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
