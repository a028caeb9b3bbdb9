"""`python -m tests.support.record_day NAME`: plays a day on a hub of its own and keeps its history."""

import asyncio
import sys
from typing import Final

import asyncpg
from rich.console import Console

from tests.support.histories import as_kept, keep, logged, standings
from tools.demo.command import day_at
from tools.demo.day import DayPlan
from tools.demo.fresh import fresh_hub
from tools.demo.rest import RESTING, SCHEMAS
from tools.stack.servers import ServersAsked

_NEEDS: Final = (
    "select need_id, referral_id, beneficiary_id, service_type from intake.need order by referral_id"
)
_PLAN: Final = DayPlan(needs=24, agencies=16, seed=7, rate=2.0, median_answer_seconds=0.4)


async def record(name: str) -> None:
    """Keeps a day that went well."""
    console = Console(stderr=True)
    async with fresh_hub(console.print, ServersAsked()) as doors:
        summary = await day_at(doors, _PLAN, RESTING, console)
        assert summary.is_good, summary
        connection = await asyncpg.connect(doors.check_url)
        events = [event for schema in SCHEMAS for event in await logged(connection, schema)]
        state = {
            "needs": as_kept(await connection.fetch(_NEEDS)),
            "referrals": await standings(connection),
        }
        await connection.close()
    keep(name, events, state)


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1]))
