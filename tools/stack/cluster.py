"""What carries a hub's events, in one shape: the embedded broker, Apache Kafka here, or a Kafka elsewhere."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chassis.group import (
    EMBEDDED_FETCH_WAIT_MILLISECONDS,
    EMBEDDED_SESSION_SECONDS,
    KAFKA_FETCH_WAIT_MILLISECONDS,
    SESSION_SECONDS,
)
from chassis.kafka_address import tls_context
from chassis.topics import REPLICATION
from tools.stack.apache import NodePorts, kafka_nodes, kafka_program
from tools.stack.broker import Broker
from tools.stack.choice import APACHE, EMBEDDED, Choice
from tools.stack.failure import StackFailure
from tools.stack.kafka_tls import kafka_of_tools, own_kafka_tls
from tools.stack.layout import Layout
from tools.stack.ports import Ports
from tools.stack.topics import BROKER_ERRORS, meant_replication


class Node(Protocol):
    """One process that the stack keeps running."""

    port: int
    log: Path

    def spawn(self) -> "subprocess.Popen[bytes]": ...
    def wait_ready(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """One broker or several.

    Args:
        bootstrap: HOST:PORT, or several with commas.
        nodes: by name, the processes that belong to the stack; none where Kafka runs elsewhere.
        replication: by how many brokers each topic is kept.
        keeps_events: false for the embedded broker, which forgets everything when it stops, fails with
            idempotent producers, and does not wake a waiting fetch.
        is_guarded: whether it is ours and gives nobody a right by itself.
    """

    bootstrap: str
    nodes: dict[str, Node]
    replication: int
    keeps_events: bool = True
    is_guarded: bool = False

    def settings(self) -> dict[str, str]:
        """What every service is told about it."""
        wait, session = KAFKA_FETCH_WAIT_MILLISECONDS, SESSION_SECONDS
        if not self.keeps_events:
            wait, session = EMBEDDED_FETCH_WAIT_MILLISECONDS, EMBEDDED_SESSION_SECONDS
        return {
            "KEM_KAFKA_BOOTSTRAP": self.bootstrap,
            "KEM_KAFKA_IDEMPOTENCE": str(self.keeps_events).lower(),
            "KEM_KAFKA_FETCH_WAIT_MILLISECONDS": str(wait),
            "KEM_KAFKA_SESSION_SECONDS": str(session),
            "KEM_KAFKA_REPLICATION": str(self.replication),
            "KEM_KAFKA_TLS": str(tls_context(self.bootstrap) is not None).lower(),
        }


def cluster_of(choice: Choice, layout: Layout, ports: Ports, say: Callable[[str], None]) -> Cluster:
    """The chosen one, ready to be started; what it needs is fetched and made, which may take a while.

    Raises:
        StackFailure: it cannot be had here, or does not answer.
    """
    if choice.broker == EMBEDDED:
        broker = Broker(ports.brokers[0], layout.log("broker"), advertised_port=ports.advertised_broker)
        return Cluster(broker.bootstrap, {"broker": broker}, replication=1, keeps_events=False)
    if choice.broker == APACHE:
        return _apache(choice.brokers, layout, ports, say)
    there = kafka_of_tools(layout, choice.broker, choice.broker)
    return Cluster(there, {}, _replication_at(there))


def _apache(count: int, layout: Layout, ports: Ports, say: Callable[[str], None]) -> Cluster:
    advertised = ports.advertised_broker if count == 1 else 0
    own = [
        NodePorts(*pair, advertised)
        for pair in zip(ports.brokers[:count], ports.controllers[:count], strict=True)
    ]
    names = ["broker"] if count == 1 else [f"broker-{number}" for number in range(1, count + 1)]
    nodes = kafka_nodes(
        kafka_program(say),
        layout.kafka,
        own,
        lambda number: layout.log(names[number - 1]),
        own_kafka_tls(layout),
    )
    there = ",".join(f"127.0.0.1:{one.advertised or one.broker}" for one in own)
    return Cluster(
        kafka_of_tools(layout, APACHE, there),
        dict(zip(names, nodes, strict=True)),
        REPLICATION if count >= REPLICATION else 1,
        is_guarded=True,
    )


def _replication_at(bootstrap: str) -> int:
    try:
        return meant_replication(bootstrap)
    except (*BROKER_ERRORS, ValueError) as error:
        raise StackFailure(
            f"No Kafka answers at {bootstrap} ({type(error).__name__}); start it, or mend the address, or say"
            " whether it speaks TLS and who vouches for it (KEM_KAFKA_TLS, KEM_KAFKA_AUTHORITIES_FILE)."
        ) from None
