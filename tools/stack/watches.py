"""What a running stack is watched for: the room on its disks, and that run.json could be written."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from tools.stack.layout import Layout
from tools.stack.part import Part
from tools.stack.postgres import PostgresServer
from tools.stack.room import Room
from tools.stack.run_keeper import RunKeeper
from tools.stack.servers import Servers

LOOK_AT_ROOM_SECONDS: Final = 1.0


def room_of_servers(
    servers: Servers, layout: Layout, parts: Mapping[str, Part], say: Callable[[str], None]
) -> Room:
    """What the stack's own servers write to; those that keep data cannot start without."""
    folders = [layout.data]
    if isinstance(servers.postgres, PostgresServer):
        folders.append(servers.postgres.footing.home)
    room = Room(folders, say)
    keepers = ["postgresql", *(servers.cluster.nodes if servers.cluster.keeps_events else ())]
    for name in keepers:
        if name in parts:
            parts[name].room = room
    return room


async def watch_room(room: Room, run: RunKeeper) -> None:
    """Looks until it is cancelled, and writes again what a full disk kept from being written."""
    while True:
        room.is_short()
        if not run.is_written:
            run.write()
        await asyncio.sleep(LOOK_AT_ROOM_SECONDS)
