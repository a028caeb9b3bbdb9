"""A member who acts in a transaction, and what waits in the outbox after it."""

from uuid import UUID

import asyncpg

from chassis.caller import Caller
from chassis.postgres import Database
from kernel.ids import random_id


def member_of(agency_id: UUID | None) -> Caller:
    return Caller(random_id(), agency_id, frozenset({"agency_member"}), "desk-1", "pwd", "desk")


async def waiting(database: Database) -> list[asyncpg.Record]:
    async with database.pool.acquire() as connection:
        return list(await connection.fetch("select * from outbox order by id"))
