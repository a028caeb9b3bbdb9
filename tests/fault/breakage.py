"""How a process of the tests breaks: at a step, and in the way, that its environment orders.

`KEM_FAULT_POINT=after-commit-before-ack` kills it there as `kill -9` would, `after-commit-before-ack:3` at
the third pass, `after-commit-before-ack:0:HOLD` lets it wait there instead, at the first pass after SIGUSR2.
Only programs below tests/ call `break_as_ordered`; a service started in any other way never looks at that
variable.
"""

import asyncio
import os
import signal
from enum import StrEnum
from typing import Any, Final

from chassis.fault_points import break_with
from tests.fault.order import say

VARIABLE: Final = "KEM_FAULT_POINT"
ARMED: Final = "armed"


class Deed(StrEnum):
    """What happens at the step."""

    KILL = "KILL"
    HOLD = "HOLD"
    """The step is not passed until SIGUSR1; the rest of the process lives on, its heartbeats too."""
    FREEZE = "FREEZE"
    """The whole process stands still until SIGCONT."""


def at(point: str, passes: int = 1, deed: Deed = Deed.KILL) -> str:
    """The order to break when the step is passed for the so many-th time; 0: once it has been armed."""
    return f"{point}:{passes}:{deed}"


def arrived(point: str) -> str:
    """What a process says that has come to its step and lives."""
    return f"at {point}"


def break_as_ordered() -> None:
    """Call it first in a program that a test starts."""
    ordered_point, count, deed = [*os.environ.get(VARIABLE, "").split(":"), "", ""][:3]
    left = int(count or 1)

    def arm(*_: Any) -> None:
        nonlocal left
        left = 1
        say(ARMED)

    async def break_here(point: str) -> None:
        nonlocal left
        if point != ordered_point:
            return
        left -= 1
        if left == 0:
            await _do(Deed(deed or Deed.KILL), point)

    signal.signal(signal.SIGUSR2, arm)
    break_with(break_here)


async def _do(deed: Deed, point: str) -> None:
    if deed is Deed.KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    loop, released = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, released.set)
    say(arrived(point))
    if deed is Deed.FREEZE:
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    await released.wait()
