"""How every service of a hub stands, read in the database: what each one's own door tells, put together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg

from chassis.operations import (
    Publication,
    Reached,
    Unread,
    count_open_letters,
    read_publication,
    read_reached,
    read_unread,
)
from tools.check.where import look_into, schemas_with


@dataclass(frozen=True, slots=True)
class Standing:
    """One service.

    Args:
        consumers: how far its own have come, each with what lies behind that in the source's log.
    """

    publication: Publication
    open_letters: int
    consumers: list[tuple[Reached, Unread]] = field(default_factory=list)


async def read_standing(connection: asyncpg.Connection) -> Mapping[str, Standing]:
    """Every service that has an event log, by its schema's name."""
    found: dict[str, Standing] = {}
    reached: dict[str, list[tuple[str, Reached]]] = {}
    async with connection.transaction():
        for schema in await schemas_with(connection, "event_log"):
            await look_into(connection, schema)
            found[schema] = Standing(await read_publication(connection), await count_open_letters(connection))
            for one in await read_reached(connection):
                reached.setdefault(one.source, []).append((schema, one))
        for source in found:
            await look_into(connection, source)
            asked = reached.get(source, [])
            unread = await read_unread(connection, [one for _, one in asked])
            for (reader, one), behind in zip(asked, unread, strict=True):
                found[reader].consumers.append((one, behind))
    return found
