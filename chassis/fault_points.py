"""Steps at which a test may break something, to see that nothing is lost there.

A breakage comes in by `break_with` only. No part of the product calls it and no setting reaches it: a test
starts a program of its own, which gives the breakage and then runs the very code that production runs
(tests/fault/breakage.py; tests/architecture/test_fault_points.py holds the rest to it).
"""

from collections.abc import Awaitable, Callable
from typing import Final

BEFORE_TRANSACTION: Final = "before-transaction"
IN_TRANSACTION: Final = "in-transaction"
AFTER_COMMIT_BEFORE_ACK: Final = "after-commit-before-ack"
AFTER_ACK: Final = "after-ack"
RELAY_BEFORE_SEND: Final = "relay-before-send"
RELAY_AFTER_SEND: Final = "relay-after-send"

OF_A_CONSUMER: Final = (BEFORE_TRANSACTION, IN_TRANSACTION, AFTER_COMMIT_BEFORE_ACK, AFTER_ACK)
OF_THE_RELAY: Final = (RELAY_BEFORE_SEND, RELAY_AFTER_SEND)

Breakage = Callable[[str], Awaitable[None]]
"""Is told of each step that is reached; may end the process, or take its time."""

_breakages: list[Breakage] = []


def break_with(breakage: Breakage) -> None:
    """From now on this process breaks as `breakage` says."""
    _breakages.append(breakage)


async def reach(point: str) -> None:
    """Passed at each step; in the product nothing happens here."""
    for breakage in _breakages:
        await breakage(point)
