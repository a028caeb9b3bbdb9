"""The story: a working day of the whole hub on its own three brokers, by mutual TLS, and everything happens.
The breakage: the leader of the needs' topic, the controller, a service with its relay, a worker killed; a
broker frozen; one more worker comes; the supervisor brings back what died.
What must still hold: what a client was told is kept is kept, once; every referral comes to rest; every
invariant holds.
"""

import signal
from collections.abc import AsyncIterator
from typing import Final

import pytest

from chassis.topics import INTAKE, REFERRAL
from tests.deep.three_brokers import ThreeBrokers
from tests.e2e.playing import play
from tests.e2e.test_day_with_faults import kill, needs_recorded
from tests.integration.chassis.waiting import until
from tools.demo.fresh import run_on_seconds
from tools.demo.ledger import Ledger
from tools.hub import Doors
from tools.stack.apache import KafkaNode
from tools.stack.debian import ProgramMissing
from tools.stack.options import StackOptions
from tools.stack.servers import ServersAsked
from tools.stack.services import is_serving
from tools.stack.stack import Stack

NEEDS: Final = 100

SETTINGS: Final = {"KEM_KAFKA_SESSION_SECONDS": "3"}
"""A dead reader is missed after half the usual time: these days are short."""


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    servers = ServersAsked("apache", 3)
    one = Stack(tmp_path_factory.mktemp("hub"), StackOptions(settings=SETTINGS, servers=servers))
    try:
        await one.start()
    except ProgramMissing as missing:
        pytest.skip(missing.sentence)
    await run_on_seconds(one.postgres)
    yield one
    await one.stop()


async def test_a_day_on_which_brokers_and_services_die_loses_and_doubles_nothing(stack: Stack) -> None:
    assert stack.cluster.settings()["KEM_KAFKA_TLS"] == "true"
    brokers = ThreeBrokers(node for node in stack.cluster.nodes.values() if isinstance(node, KafkaNode))

    async def everything_happens(ledger: Ledger) -> None:
        await needs_recorded(ledger, 10)
        brokers.kill(await brokers.leader_of(INTAKE))
        await needs_recorded(ledger, 30)
        await kill(stack, "intake")
        await stack.add_worker("referral")
        await needs_recorded(ledger, 45)
        brokers.kill(brokers.controller())
        await kill(stack, "referral")
        await needs_recorded(ledger, 70)
        await until(
            lambda: is_serving(stack.addresses["referral"], "referral", stack.layout.tools_certificate),
            within=60,
        )
        frozen = await brokers.leader_of(REFERRAL)
        brokers.send(frozen, signal.SIGSTOP)
        await needs_recorded(ledger, 90)
        brokers.send(frozen, signal.SIGCONT)

    outcome = await play(Doors.of(stack.layout), NEEDS, seed=21, rate=4, meanwhile=everything_happens)
    assert outcome.complaints == []
    restarts = {name: part.restarts for name, part in stack.parts.items()}
    assert sum(restarts[name] for name in stack.cluster.nodes) >= 2
    assert restarts["intake"] >= 1
    await brokers.until_whole(INTAKE)
