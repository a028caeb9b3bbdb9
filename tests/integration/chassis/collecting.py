"""A reader for tests that keeps what it was given, in the database and so in the batch's transaction."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from chassis.batch_reader import NewerThanReader, PoisonEvent
from chassis.events import IncomingEvent
from chassis.postgres import Database, Transaction


class CollectingReader:
    """Inserts one row per event into `effect`; fails where the test says so."""

    def __init__(self) -> None:
        self.fail_prepare: Callable[[list[IncomingEvent]], None] = lambda _: None
        self.fail_apply: Callable[[list[IncomingEvent]], None] = lambda _: None
        self.poison: set[UUID] = set()
        self.newer: set[UUID] = set()
        self.prepared = 0
        self.batches: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def prepare(self, events: list[IncomingEvent]) -> Any:
        self.prepared += 1
        self.fail_prepare(events)
        return len(events)

    async def apply(self, tx: Transaction, events: list[IncomingEvent], prepared: Any) -> None:
        await self.gate.wait()
        for event in events:
            if event.event_id in self.poison:
                raise PoisonEvent(event.event_id, "CANNOT_BE_TAKEN")
            if event.event_id in self.newer:
                raise NewerThanReader(event.event_id)
        await tx.connection.executemany(
            "insert into effect (event_id) values ($1)", [(event.event_id,) for event in events]
        )
        self.fail_apply(events)
        self.batches.append(len(events))


async def make_effect_table(execute: Callable[[str], str], schema: str) -> None:
    """An effect per event, without a key: doing one twice would show."""
    execute(
        f"create table {schema}.effect (id bigint generated always as identity, event_id uuid);"
        f"grant all on {schema}.effect to {schema}_worker, {schema}_app"
    )


async def effects(database: Database) -> list[UUID]:
    """The ids of the events that had an effect, in the order in which they had it."""
    async with database.pool.acquire() as connection:
        return [row[0] for row in await connection.fetch("select event_id from effect order by id")]


async def letters(database: Database) -> list[tuple[UUID, str, int]]:
    """What was set aside: event, reason, tries."""
    async with database.pool.acquire() as connection:
        rows = await connection.fetch("select event_id, reason, tries from dead_letter order by id")
        return [(row[0], row[1], row[2]) for row in rows]
