"""Three nodes of Apache Kafka that a test may kill, freeze and bring back; it can ask who leads what."""

import asyncio
import json
import signal
from collections.abc import Iterable
from typing import Any, Final

from chassis.kafka_address import KafkaAddress
from tests.integration.chassis.waiting import until
from tools.stack.apache import KafkaNode
from tools.stack.topics import BROKER_ERRORS, administration

WHOLE_SECONDS: Final = 120.0
REPLICAS: Final = (1, 2, 3)


class ThreeBrokers:
    """The cluster, by the numbers of its nodes."""

    def __init__(self, nodes: Iterable[KafkaNode]) -> None:
        self.nodes = {node.number: node for node in nodes}

    @property
    def bootstrap(self) -> str:
        tls = next(iter(self.nodes.values())).tls
        there = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes.values())
        return KafkaAddress(there, tls.tools if tls else None)

    def controller(self) -> int:
        """The node that decides for all now, as the nodes themselves have it written down."""
        votes = []
        for node in self.nodes.values():
            file = node.data / "__cluster_metadata-0" / "quorum-state"
            said = json.loads(file.read_text(encoding="utf-8"))
            votes.append((said["leaderEpoch"], said["leaderId"]))
        leader: int = max(votes)[1]
        return leader

    async def leader_of(self, topic: str, partition: int = 0) -> int:
        """The node that takes and gives events of the partition now."""
        return int((await asyncio.to_thread(self._partitions, topic))[partition]["leader_id"])

    def kill(self, number: int) -> None:
        """`kill -9`."""
        process = self.nodes[number].process
        assert process is not None
        process.kill()
        process.wait()

    def send(self, number: int, what: signal.Signals) -> None:
        """A signal to the node's process: SIGSTOP freezes, SIGCONT thaws."""
        process = self.nodes[number].process
        assert process is not None
        process.send_signal(what)

    async def end(self, number: int) -> None:
        """An orderly end: it hands over what it leads."""
        await asyncio.to_thread(self.nodes[number].stop, 30)

    async def start(self, number: int) -> None:
        """Returns when the cluster counts it in again."""
        self.nodes[number].spawn()
        await asyncio.to_thread(self.nodes[number].wait_ready)

    async def until_whole(self, topic: str) -> None:
        """Starts what is down, and waits until every partition of the topic is kept by all three again."""
        for number, node in self.nodes.items():
            if node.process is None or node.process.poll() is not None:
                await self.start(number)
        await until(lambda: self._is_whole(topic), within=WHOLE_SECONDS)

    async def _is_whole(self, topic: str) -> bool:
        try:
            partitions = await asyncio.to_thread(self._partitions, topic)
        except BROKER_ERRORS:
            return False
        kept = [len(partition["isr_nodes"]) for partition in partitions]
        return bool(kept) and min(kept) == len(REPLICAS)

    def _partitions(self, topic: str) -> list[dict[str, Any]]:
        with administration(self.bootstrap) as admin:
            (found,) = admin.describe_topics([topic])
        return sorted(found["partitions"], key=lambda one: int(one["partition_index"]))
