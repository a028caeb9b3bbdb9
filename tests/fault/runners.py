"""The chassis' two runners; they tell what they were assigned, and a killed member is missed sooner.

The broker waits for a dead member as long as its session lasts. Half as long is enough here: what is lost or
doubled does not depend on it, and the tests take half the time.
"""

import asyncio
from typing import Any, Final

import faust
from aiokafka import AIOKafkaConsumer

from chassis.reader import ProjectionReader
from chassis.stream import StreamRunner
from tests.fault.order import say

SESSION_SECONDS: Final = 3.0
HEARTBEAT_SECONDS: Final = 0.5


class ToldStream(StreamRunner):
    """The stream runner as every service has it; it tells the test what it was assigned."""

    def _make_app(self, loop: asyncio.AbstractEventLoop) -> faust.App:
        app = super()._make_app(loop)
        app.conf.broker_session_timeout = SESSION_SECONDS
        app.conf.broker_heartbeat_interval = HEARTBEAT_SECONDS
        return app

    async def _note_assignment(self, _: Any, /, *arguments: Any, signal: Any, **rest: Any) -> None:
        await super()._note_assignment(_, *arguments, signal=signal, **rest)
        if arguments and arguments[0]:
            say(f"assigned {len(arguments[0])}")


class QuickProjection(ProjectionReader):
    """The plain reader as every projection has it."""

    def _make_client(self) -> AIOKafkaConsumer:
        client = super()._make_client()
        client._session_timeout_ms = int(SESSION_SECONDS * 1000)
        client._heartbeat_interval_ms = int(HEARTBEAT_SECONDS * 1000)
        return client
