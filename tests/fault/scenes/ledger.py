"""Audit, and what it has entered."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from chassis.postgres import Database
from services.audit.entrypoints import reader
from tests.fault.hub import Hub, Source
from tests.fault.scenes.deliveries import Deliveries
from tests.fault.scenes.scene import Scene, opened


class Ledger(Deliveries):
    """Audit: each event is entered once, in the order in which its source told it."""

    service, consumer = "audit", reader.CONSUMER

    async def acted(self) -> int:
        return int(
            await self._read.fetchval(
                "select count(distinct event_id) from audit.entry where event_id = any($1)",
                [one.event_id for one in self._told],
            )
        )

    async def complaints(self) -> list[str]:
        found = await Scene.complaints(self)
        rows = await self._read.fetch("select index, position, event_id from audit.entry order by index")
        log = await self._read.fetch("select position, event_id from referral.event_log order by position")
        entered = [(row["position"], row["event_id"]) for row in rows]
        told = [(row["position"], row["event_id"]) for row in log]
        if entered != told[: len(entered)] or [row["index"] for row in rows] != list(range(len(rows))):
            found.append(f"the ledger is not as it was told: {len(entered)} entries of {len(told)} events")
        waiting = await self._read.fetchval("select count(*) from audit.early_event")
        if waiting:
            found.append(f"{waiting} events wait for their turn")
        return found


@asynccontextmanager
async def ledger_scene(hub: Hub) -> AsyncIterator[Scene]:
    async def make(
        _: AsyncExitStack, hub: Hub, source: Source, read: asyncpg.Connection, voice: Database
    ) -> Scene:
        return Ledger(hub, source, read, voice)

    async with opened(hub, "referral", make) as scene:
        yield scene
