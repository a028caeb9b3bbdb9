"""A worker in a process of its own, which a test may kill.

The ways `stream` and `projection` are the chassis' own; the others are the naive ones.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Final

from chassis.batch_reader import StreamFailed
from chassis.logs import set_up_logs
from chassis.postgres import Database
from chassis.reader import ProjectionReader
from chassis.run import EXIT_FAILED
from chassis.stream import StreamRunner
from tests.fault import naive
from tests.fault.breakage import break_as_ordered
from tests.fault.effects import EffectReader
from tests.fault.order import SCHEMA, Order, say
from tests.fault.runners import QuickProjection, ToldStream

Runner = StreamRunner | ProjectionReader | naive.AutoCommitReader


def _without_inbox(order: Order, database: Database, reader: EffectReader) -> Runner:
    naive.leave_out_inbox()
    return ToldStream(order, database, reader)


LONGEST_END_SECONDS: Final = 2.0

MakeReader = Callable[..., EffectReader]
MakeRunner = Callable[[Order, Database, EffectReader], Runner]

WAYS: Final[dict[str, tuple[MakeRunner, MakeReader]]] = {
    "stream": (ToldStream, EffectReader),
    "projection": (QuickProjection, EffectReader),
    "async_for": (naive.AsyncForAgent, EffectReader),
    "take": (naive.TakeAgent, EffectReader),
    "early_ack": (naive.EarlyAckAgent, EffectReader),
    "auto_commit": (naive.AutoCommitReader, EffectReader),
    "without_inbox": (_without_inbox, EffectReader),
    "swallowing": (ToldStream, naive.SwallowingReader),
    "telling": (ToldStream, naive.TellingReader),
    "skipping": (ToldStream, naive.SkippingReader),
}


async def work(order: Order) -> None:
    """Reads until SIGTERM; leaves at once when nothing can be taken any more."""
    database = await order.open_database()
    make_runner, make_reader = WAYS[order.way]
    runner = make_runner(order, database, make_reader(order.consumer, reads_newer=order.reads_newer))
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    parts = [asyncio.create_task(part) for part in (runner.run(), stopping.wait(), _tell_ready(runner))]
    await asyncio.wait(parts[:2], return_when=asyncio.FIRST_COMPLETED)
    if parts[0].done() and isinstance(parts[0].exception(), StreamFailed):
        os._exit(EXIT_FAILED)
    await runner.stop()
    await asyncio.wait(parts[:1], timeout=LONGEST_END_SECONDS)
    say("ended")
    os._exit(0)


async def _tell_ready(runner: Runner) -> None:
    await runner.wait_ready()
    say("ready")


if __name__ == "__main__":
    break_as_ordered()
    set_up_logs(SCHEMA)
    asyncio.run(work(Order.given()))
