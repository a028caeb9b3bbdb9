"""What may happen at a step, and how each fault ends; the process that is struck is a real service."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chassis.fault_points import IN_TRANSACTION, OF_THE_RELAY
from tests.fault.breakage import Deed, arrived, at
from tests.fault.hub import LOSS_PATIENCE_SECONDS, Hub
from tests.fault.processes import PATIENCE_SECONDS, Worker
from tests.fault.scenes.scene import Scene
from tests.integration.chassis.waiting import until

RELAY: Final = "relay"
STREAM: Final = "stream"


class Fault(StrEnum):
    """What happens there."""

    KILLED = "KILLED"
    """`kill -9`; another process starts."""
    REBALANCED = "REBALANCED"
    """Another process joins the group while the first one lives on in its step."""
    LEAD_PASSED_ON = "LEAD_PASSED_ON"
    """Another relay takes the lead while the first one still thinks that it has it."""
    FROZEN = "FROZEN"
    """SIGSTOP until another process has taken over; then SIGCONT."""
    DATABASE_CUT = "DATABASE_CUT"
    """Every connection to PostgreSQL breaks, and none can be made for a while."""
    ANSWER_LOST = "ANSWER_LOST"
    """PostgreSQL commits; its answer never arrives, and then the connection breaks."""
    BROKER_CUT = "BROKER_CUT"
    """Every connection to the broker breaks, and none can be made for a while; it keeps what it has."""
    BROKER_LOST = "BROKER_LOST"
    """The broker dies and comes back empty; what was committed is sent again from the event log."""


DEEDS: Final = {Fault.KILLED: Deed.KILL, Fault.FROZEN: Deed.FREEZE}
"""All others hold the process in its step."""


@dataclass(slots=True)
class Struck:
    """A process that is about to be struck at a step; `roles` are those of it and of whoever takes over."""

    scene: Scene
    service: str
    roles: str
    point: str
    victim: Worker
    bystander: Worker | None = None
    """Whoever reads on the other side of a relay."""

    @property
    def hub(self) -> Hub:
        return self.scene.hub

    async def another(self) -> Worker:
        """One more process of the same kind, ready; its way to the database stays whole."""
        return await self.hub.ready(await self.joining())

    async def joining(self) -> Worker:
        """The same, not ready yet."""
        return await self.hub.start(self.service, self.roles, behind_wire=False)

    async def has_arrived(self) -> None:
        await self.victim.said(arrived(self.point))


async def killed(struck: Struck) -> None:
    assert await struck.victim.died() == -signal.SIGKILL
    await struck.another()


async def rebalanced(struck: Struck) -> None:
    await struck.has_arrived()
    another = await struck.joining()

    async def are_two() -> bool:
        return await struck.hub.members_of(struck.scene.consumer) == 2

    # Faust lets the others wait until its batch is done, the plain client's partitions go at once
    await until(are_two, within=PATIENCE_SECONDS)
    await struck.scene.tell()
    struck.victim.release()
    await struck.hub.ready(another)


async def lead_passed_on(struck: Struck) -> None:
    await struck.has_arrived()
    await struck.another()
    struck.hub.to_database.cut()  # the lead goes with the connection, and the first does not know yet
    await until(struck.scene.has_acted, within=PATIENCE_SECONDS)
    await struck.scene.tell()
    struck.victim.release()
    await until(lambda: struck.hub.to_database.refused, within=PATIENCE_SECONDS)
    struck.hub.to_database.mend()


async def frozen(struck: Struck) -> None:
    await struck.has_arrived()
    await struck.another()
    await struck.scene.tell()
    await until(struck.scene.has_acted, within=PATIENCE_SECONDS)
    struck.victim.wake()


async def database_cut(struck: Struck) -> None:
    await struck.has_arrived()
    struck.hub.to_database.cut()
    struck.victim.release()
    await struck.scene.tell()
    await until(lambda: struck.hub.to_database.refused, within=PATIENCE_SECONDS)
    struck.hub.to_database.mend()


async def answer_lost(struck: Struck) -> None:
    await struck.has_arrived()
    before = await struck.scene.acted()
    struck.hub.to_database.lose_answers_to(b"commit\0")
    struck.victim.release()

    async def has_committed() -> bool:
        return await struck.scene.acted() > before

    await until(has_committed, within=PATIENCE_SECONDS)
    struck.hub.to_database.snap()


async def broker_cut(struck: Struck) -> None:
    await struck.has_arrived()
    struck.hub.to_broker.cut()
    struck.victim.release()
    await struck.scene.tell()
    await until(lambda: struck.hub.to_broker.refused, within=PATIENCE_SECONDS)
    struck.hub.to_broker.mend()


async def broker_lost(struck: Struck) -> None:
    await struck.has_arrived()
    await struck.hub.kill_broker()
    struck.victim.release()
    await struck.scene.tell()
    # as the supervisor does it: everybody rests while the broker is filled again
    await asyncio.gather(
        *(one.end(LOSS_PATIENCE_SECONDS) for one in (struck.victim, struck.bystander) if one is not None)
    )
    is_relayed_here = struck.bystander is None
    await struck.scene.source.rest()
    await struck.hub.refill_broker()
    if is_relayed_here:
        struck.scene.source.start()
    else:
        await struck.hub.start(struck.scene.service, STREAM, behind_wire=False)
    await struck.another()


DO: Final[dict[Fault, Callable[[Struck], Awaitable[None]]]] = {
    Fault.KILLED: killed,
    Fault.REBALANCED: rebalanced,
    Fault.LEAD_PASSED_ON: lead_passed_on,
    Fault.FROZEN: frozen,
    Fault.DATABASE_CUT: database_cut,
    Fault.ANSWER_LOST: answer_lost,
    Fault.BROKER_CUT: broker_cut,
    Fault.BROKER_LOST: broker_lost,
}


def faults_at(point: str) -> list[Fault]:
    """What can happen at the step: an answer is lost only where something is asked of the database."""
    others = {Fault.REBALANCED} if point in OF_THE_RELAY else {Fault.LEAD_PASSED_ON}
    return [
        fault
        for fault in Fault
        if fault not in others and (fault is not Fault.ANSWER_LOST or point == IN_TRANSACTION)
    ]


async def complaints_of_a_consumer(scene: Scene, point: str, fault: Fault) -> list[str]:
    """What is not as it must be after the consumer's process was struck at the step."""
    scene.source.start()
    order = at(point, 0, DEEDS.get(fault, Deed.HOLD))
    victim = await scene.hub.ready(await scene.hub.start(scene.service, STREAM, fault_point=order))
    return await _complaints(Struck(scene, scene.service, STREAM, point, victim), fault)


async def complaints_of_the_relay(scene: Scene, point: str, fault: Fault) -> list[str]:
    """The same after the process that relays referral's events was struck; `scene` reads them."""
    order = at(point, 0, DEEDS.get(fault, Deed.HOLD))
    reader = await scene.hub.start(scene.service, STREAM, behind_wire=False)
    victim = await scene.hub.ready(await scene.hub.start("referral", RELAY, fault_point=order))
    await scene.hub.ready(reader)
    return await _complaints(Struck(scene, "referral", RELAY, point, victim, reader), fault)


async def _complaints(struck: Struck, fault: Fault) -> list[str]:
    await struck.scene.tell()
    await until(struck.scene.has_acted, within=PATIENCE_SECONDS)
    await struck.victim.arm()
    await struck.scene.tell()
    await DO[fault](struck)
    await struck.scene.tell()
    await until(struck.scene.has_acted, within=PATIENCE_SECONDS)
    return await struck.scene.complaints()
