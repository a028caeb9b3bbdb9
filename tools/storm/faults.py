"""What breaks in a storm. Each fault strikes, lasts, and is over when its function returns."""

import asyncio
import contextlib
import random
import signal
from collections.abc import Awaitable, Callable
from typing import Final

import psutil

from tools.storm.stormy_stack import StormyStack
from tools.storm.wire import Wire

Strike = Callable[[StormyStack, random.Random], Awaitable[str]]
"""Lets something happen; answers to what it happened."""

SHORTEST_SECONDS: Final = 0.3
LONGEST_SECONDS: Final = 6.0


def _service(stormy: StormyStack, dice: random.Random) -> str:
    """One of the processes of services, second workers among them."""
    return dice.choice([part.name for part in stormy.stack.service_parts()])


def _while(dice: random.Random) -> float:
    """Mostly short, now and then long."""
    return min(SHORTEST_SECONDS + dice.expovariate(0.7), LONGEST_SECONDS)


def _signal(stormy: StormyStack, part: str, what: signal.Signals, *, and_children: bool = False) -> None:
    process = stormy.stack.parts[part].process
    if process is None:
        return
    with contextlib.suppress(psutil.Error):
        whole = psutil.Process(process.pid)
        for one in [whole, *(whole.children(recursive=True) if and_children else [])]:
            with contextlib.suppress(psutil.Error):
                one.send_signal(what)


async def kill_service(stormy: StormyStack, dice: random.Random) -> str:
    """`kill -9` of a service."""
    part = _service(stormy, dice)
    _signal(stormy, part, signal.SIGKILL)
    return part


async def restart_service(stormy: StormyStack, dice: random.Random) -> str:
    """A service is asked to end in order, and comes again."""
    part = _service(stormy, dice)
    _signal(stormy, part, signal.SIGTERM)
    return part


async def freeze_service(stormy: StormyStack, dice: random.Random) -> str:
    """SIGSTOP of a service, then SIGCONT."""
    return await _freeze(stormy, _service(stormy, dice), _while(dice))


async def kill_broker(stormy: StormyStack, dice: random.Random) -> str:
    """`kill -9` of the broker; the embedded one comes back empty."""
    _signal(stormy, "broker", signal.SIGKILL)
    return "broker"


async def freeze_broker(stormy: StormyStack, dice: random.Random) -> str:
    """SIGSTOP of the broker, then SIGCONT."""
    return await _freeze(stormy, "broker", _while(dice))


async def kill_postgres(stormy: StormyStack, dice: random.Random) -> str:
    """`kill -9` of PostgreSQL's first process."""
    _signal(stormy, "postgresql", signal.SIGKILL)
    return "postgresql"


async def kill_backend(stormy: StormyStack, dice: random.Random) -> str:
    """`kill -9` of one of PostgreSQL's processes: it ends all others and recovers by itself."""
    process = stormy.stack.parts["postgresql"].process
    if process is not None:
        with contextlib.suppress(psutil.Error):
            backends = [
                one
                for one in psutil.Process(process.pid).children(recursive=True)
                if "_worker kem" in " ".join(one.cmdline()) or "_app kem" in " ".join(one.cmdline())
            ]
            if backends:
                dice.choice(sorted(backends, key=lambda one: one.pid)).kill()
    return "postgresql"


async def freeze_postgres(stormy: StormyStack, dice: random.Random) -> str:
    """SIGSTOP of all of PostgreSQL's processes, then SIGCONT."""
    return await _freeze(stormy, "postgresql", _while(dice), and_children=True)


async def _freeze(stormy: StormyStack, part: str, seconds: float, *, and_children: bool = False) -> str:
    _signal(stormy, part, signal.SIGSTOP, and_children=and_children)
    try:
        await asyncio.sleep(seconds)
    finally:
        _signal(stormy, part, signal.SIGCONT, and_children=and_children)
    return part


def _a_database_wire(stormy: StormyStack, dice: random.Random) -> tuple[str, Wire]:
    service = dice.choice(sorted(stormy.to_database))
    return f"{service} ↔ postgresql", stormy.to_database[service]


def _a_wire(stormy: StormyStack, dice: random.Random) -> tuple[str, Wire]:
    return dice.choice(
        [
            _a_database_wire(stormy, dice),
            ("all ↔ broker", stormy.to_broker),
            ("referral ↔ intake", stormy.to_intake),
        ]
    )


async def cut_wire(stormy: StormyStack, dice: random.Random) -> str:
    """Connections between two parts break, and none can be made for a while."""
    name, wire = _a_wire(stormy, dice)
    wire.cut()
    await _mended_after(wire, _while(dice))
    return name


async def snap_wire(stormy: StormyStack, dice: random.Random) -> str:
    """Connections between two parts break; new ones can be made at once."""
    name, wire = _a_wire(stormy, dice)
    wire.snap()
    return name


async def cut_in_an_answer(stormy: StormyStack, dice: random.Random) -> str:
    """A connection breaks in the middle of what it carries."""
    name, wire = _a_wire(stormy, dice)
    wire.cut_after(dice.randint(1, 4000))
    await _mended_after(wire, 2.0)
    return name


async def lose_commits(stormy: StormyStack, dice: random.Random) -> str:
    """PostgreSQL commits, and whoever asked for it is never told."""
    name, wire = _a_database_wire(stormy, dice)
    wire.lose_answers_to(b"commit\0")
    await asyncio.sleep(_while(dice))
    wire.snap()
    return name


async def stall_wire(stormy: StormyStack, dice: random.Random) -> str:
    """Nothing arrives between two parts, and neither is told; then it goes on."""
    name, wire = _a_wire(stormy, dice)
    wire.stall()
    await _mended_after(wire, _while(dice))
    return name


async def slow_wire(stormy: StormyStack, dice: random.Random) -> str:
    """Everything between two parts arrives later."""
    name, wire = _a_wire(stormy, dice)
    wire.delay_seconds = dice.uniform(0.02, 0.3)
    await _mended_after(wire, _while(dice))
    return name


async def _mended_after(wire: Wire, seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
    finally:
        wire.mend()


FAULTS: Final[dict[str, tuple[Strike, int]]] = {
    "service killed": (kill_service, 5),
    "service restarted": (restart_service, 2),
    "service frozen": (freeze_service, 3),
    "broker killed": (kill_broker, 2),
    "broker frozen": (freeze_broker, 2),
    "PostgreSQL killed": (kill_postgres, 2),
    "PostgreSQL backend killed": (kill_backend, 2),
    "PostgreSQL frozen": (freeze_postgres, 2),
    "wire cut": (cut_wire, 5),
    "wire snapped": (snap_wire, 5),
    "wire cut in an answer": (cut_in_an_answer, 5),
    "answers to commits lost": (lose_commits, 4),
    "wire stalled": (stall_wire, 4),
    "wire slow": (slow_wire, 3),
}
"""Each kind with how often it is drawn beside the others."""


def draw(dice: random.Random) -> str:
    """The next kind."""
    return dice.choices(list(FAULTS), weights=[weight for _, weight in FAULTS.values()])[0]
