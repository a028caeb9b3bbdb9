"""A worker in a process of its own, so that a test can let it die: URL, bootstrap, topic as arguments."""

import asyncio
import sys

from chassis.postgres import Database
from chassis.stream import StreamRunner
from tests.fault.breakage import break_as_ordered
from tests.integration.chassis.collecting import CollectingReader

SCHEMA = "referral"


async def main(url: str, bootstrap: str, topic: str) -> None:
    """Reads the topic until it is killed."""
    database = await Database.open(url, schema=SCHEMA)
    await StreamRunner(
        SCHEMA, f"{topic}-reader", bootstrap, database, [topic], CollectingReader(), session_seconds=1.5
    ).run()


if __name__ == "__main__":
    break_as_ordered()
    asyncio.run(main(*sys.argv[1:]))
