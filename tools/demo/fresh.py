"""A hub of its own in a temporary folder, whose clocks run in seconds; ended afterwards."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from tools.hub import Doors
from tools.stack.foreground import quieten_libraries
from tools.stack.options import StackOptions
from tools.stack.postgres_admin import PostgresAdmin
from tools.stack.servers import ServersAsked
from tools.stack.stack import Stack

_SECONDS = """
    insert into referral.response_policy (version, urgency, person_clock_seconds, offer_window_seconds,
                                          window_unit, unacknowledged_alarm_seconds, valid_from_time)
    values ('seconds/1', 'EMERGENCY', 20, 2, 'ELAPSED', 1, clock_timestamp()),
           ('seconds/1', 'URGENT', 30, 3, 'ELAPSED', null, clock_timestamp()),
           ('seconds/1', 'NORMAL', 40, 4, 'ELAPSED', null, clock_timestamp())
    on conflict do nothing
"""
"""Two hours become two seconds; what follows from what stays as it is."""


@contextlib.asynccontextmanager
async def fresh_hub(
    say: Callable[[str], None], servers: ServersAsked, settings: dict[str, str] | None = None
) -> AsyncIterator[Doors]:
    """A running hub with the sample city; it, its folder and what it made elsewhere are gone afterwards."""
    quieten_libraries()
    with tempfile.TemporaryDirectory(prefix="kem-demo-") as folder:
        stack = Stack(Path(folder), StackOptions(settings=settings or {}, servers=servers), say=say)
        try:
            await stack.start()
            await run_on_seconds(stack.postgres)
            yield Doors.of(stack.layout)
        finally:
            await stack.stop()
            await stack.leave_no_trace()


async def run_on_seconds(postgres: PostgresAdmin) -> None:
    """Puts a policy into force whose clocks run in seconds."""
    await asyncio.to_thread(postgres.execute, _SECONDS)
