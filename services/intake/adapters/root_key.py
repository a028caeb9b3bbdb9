"""Whether the key folder is the one that this database was written with."""

import asyncio
from pathlib import Path
from typing import Final

from chassis.caller import Caller
from chassis.postgres import Database
from services.intake.adapters.file_keys import ROOT_FILE, FileKeyProvider
from services.intake.adapters.keys import KeysUnusable
from services.intake.adapters.tombstones import Tombstones

_FIRST_USE_LOCK: Final = 0x4B454D_726F6F74
"""Two processes that start at once agree on one root key."""
_ANYBODY_ERASED: Final = "select exists (select from beneficiary where erased_time is not null)"


async def open_keys(database: Database, folder: Path) -> FileKeyProvider:
    """The keys in `folder`. On first use, with an empty database, it makes them; later it never does.

    Beside a new root key, tombstones are begun; beside one that was put back, they must have come with it.

    Raises:
        KeysUnusable: the folder is missing, or its root key is missing or not the one of this database.
    """
    if not await asyncio.to_thread(folder.is_dir):
        raise KeysUnusable(f"The vault's key folder {folder} is missing: put it back, or set KEM_KEYS_DIR.")
    async with database.transaction(Caller.of_service("intake")) as tx:
        await tx.connection.execute("select pg_advisory_xact_lock($1)", _FIRST_USE_LOCK)
        expected = await tx.connection.fetchval("select fingerprint from root_key")
        if expected is None:
            if not (folder / ROOT_FILE).exists():
                Tombstones(folder).begin()
            FileKeyProvider.initialise(folder)
        keys = FileKeyProvider.open(folder)
        if expected is None:
            await tx.connection.execute("insert into root_key (fingerprint) values ($1)", keys.fingerprint)
        elif bytes(expected) != keys.fingerprint:
            raise KeysUnusable(
                f"The root key in {folder} is not the one that this database was written with:"
                " put the right key folder back."
            )
        elif not await tx.connection.fetchval(_ANYBODY_ERASED):
            Tombstones(folder).begin()  # a folder from before there were tombstones
    return keys
