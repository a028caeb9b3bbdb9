"""A real Apache Kafka for tests: one node a session, or whole clusters; not run where it cannot be had."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.stack.apache import KafkaNode, NodePorts, kafka_nodes, kafka_program
from tools.stack.debian import ProgramMissing
from tools.stack.kafka_program import KafkaProgram
from tools.stack.ports import free_port

MakeNodes = Callable[..., list[KafkaNode]]


@pytest.fixture(scope="session")
def apache_program() -> KafkaProgram:
    """Kafka's program; root installs what it needs, for anybody else these tests are reported as not run."""
    try:
        return kafka_program(print)
    except ProgramMissing as missing:
        pytest.skip(missing.sentence)


@pytest.fixture(scope="module")
def apache_nodes(
    apache_program: KafkaProgram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeNodes]:
    """Starts clusters of so many nodes; they end with the module. `more` is added to each one's settings."""
    started: list[KafkaNode] = []

    def start(count: int, more: Callable[[NodePorts], str] = lambda ports: "") -> list[KafkaNode]:
        folder: Path = tmp_path_factory.mktemp("kafka")
        (folder / "cluster").mkdir()
        # ids are drawn at random; this one looks like an option
        (folder / "cluster" / "cluster-id").write_text("-AAAAAAAAAAAAAAAAAAAAA")
        ports = [NodePorts(free_port(), free_port()) for _ in range(count)]
        nodes = kafka_nodes(
            apache_program, folder / "cluster", ports, lambda number: folder / f"{number}.log"
        )
        for node, own in zip(nodes, ports, strict=True):
            with node.settings.open("a") as settings:
                settings.write(more(own))  # where a name stands twice, the last one counts
            node.spawn()
            started.append(node)
        for node in nodes:
            node.wait_ready()
        return nodes

    yield start
    for node in started:
        if node.process is not None and node.process.poll() is None:
            node.process.kill()
            node.process.wait()
