"""The chassis' two runners; they tell what they were assigned, and a killed member is missed sooner.

The broker waits for a dead member as long as its session lasts. Half as long is enough here: what is lost or
doubled does not depend on it, and the tests take half the time.
"""

from typing import Any, Final

from chassis.batch_reader import BatchReader
from chassis.postgres import Database
from chassis.reader import ProjectionReader
from chassis.stream import StreamRunner
from tests.fault.order import SCHEMA, Order, say

SESSION_SECONDS: Final = 3.0
FETCH_WAIT_MILLISECONDS: Final = 100
"""Many workers run at once here, and nobody waits for an answer."""


class ToldStream(StreamRunner):
    """The stream runner as every service has it; it tells the test what it was assigned."""

    def __init__(self, order: Order, database: Database, reader: BatchReader) -> None:
        super().__init__(
            SCHEMA,
            order.consumer,
            order.bootstrap,
            database,
            [order.topic],
            reader,
            fetch_wait_milliseconds=FETCH_WAIT_MILLISECONDS,
            session_seconds=SESSION_SECONDS,
        )

    async def _note_assignment(self, _: Any, /, *arguments: Any, signal: Any, **rest: Any) -> None:
        await super()._note_assignment(_, *arguments, signal=signal, **rest)
        if arguments and arguments[0]:
            say(f"assigned {len(arguments[0])}")


class QuickProjection(ProjectionReader):
    """The plain reader as every projection has it."""

    def __init__(self, order: Order, database: Database, reader: BatchReader) -> None:
        super().__init__(
            SCHEMA,
            order.consumer,
            order.bootstrap,
            database,
            [order.topic],
            reader,
            fetch_wait_milliseconds=FETCH_WAIT_MILLISECONDS,
            session_seconds=SESSION_SECONDS,
        )
