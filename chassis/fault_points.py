"""Places where a test lets the process die, to see that nothing is lost there.

Without KEM_FAULT_POINT in the environment this does nothing. `KEM_FAULT_POINT=after-commit-before-ack` kills
the process as `kill -9` would at the first pass, `after-commit-before-ack:3` at the third.
"""

import os
import signal
from typing import Final

BEFORE_TRANSACTION: Final = "before-transaction"
IN_TRANSACTION: Final = "in-transaction"
AFTER_COMMIT_BEFORE_ACK: Final = "after-commit-before-ack"
AFTER_ACK: Final = "after-ack"
RELAY_BEFORE_SEND: Final = "relay-before-send"
RELAY_AFTER_SEND: Final = "relay-after-send"

_name, _, _count = os.environ.get("KEM_FAULT_POINT", "").partition(":")
_left = int(_count or 1)


def reach(point: str) -> None:
    """Dies here if a test asked for it."""
    global _left
    if point != _name:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
