"""A stack without services, as a process that a test may kill: it says what the stack says, then `ready`."""

import asyncio
import sys
from pathlib import Path

from tests.fault.order import say
from tools.stack.options import StackOptions
from tools.stack.servers import ServersAsked
from tools.stack.stack import Stack


def bare(folder: Path, broker: str | None = None) -> Stack:
    """A database and a broker, nothing else."""
    options = StackOptions(is_durable=False, services=(), servers=ServersAsked(broker))
    return Stack(folder, options, say=say)


async def _run() -> None:
    await bare(Path(sys.argv[1]), sys.argv[2]).start()
    say("ready")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run())
