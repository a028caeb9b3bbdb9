"""Whether the keys are those that this database was written with."""

import asyncio
from pathlib import Path
from typing import Final

from chassis.caller import Caller
from chassis.postgres import Database
from services.intake.adapters.file_keys import KeyFolder
from services.intake.adapters.keys import KeyKeeper, KeyProvider, KeysUnusable
from services.intake.adapters.tombstones import Tombstones

_FIRST_USE_LOCK: Final = 0x4B454D_726F6F74
"""Two processes that start at once agree on one root key."""
_ANYBODY_ERASED: Final = "select exists (select from beneficiary where erased_time is not null)"
_EPOCHS: Final = """
    select epoch from generate_series(
        (select min(epoch) from data_key), (select max(epoch) from data_key)
    ) as epoch
    where exists (select from data_key where data_key.epoch = epoch.epoch)
"""
"""In which people's keys are wrapped; two looks into an index, however many people there are."""


async def open_keys(database: Database, folder: Path, keeper: KeyKeeper | None = None) -> KeyProvider:
    """The keys with `keeper`, in `folder` without one. On first use, with an empty database, they are made;
    later never.

    Beside a new root key, tombstones are begun; beside one that was put back, they must have come with it.

    Raises:
        KeysUnusable: the folder is missing, or a key is missing or not the one of this database.
    """
    if not await asyncio.to_thread(folder.is_dir):
        raise KeysUnusable(f"The vault's key folder {folder} is missing: put it back, or set KEM_KEYS_DIR.")
    keeper = keeper or KeyFolder(folder)
    async with database.transaction(Caller.of_service("intake")) as tx:
        await tx.connection.execute("select pg_advisory_xact_lock($1)", _FIRST_USE_LOCK)
        expected = await tx.connection.fetchval("select fingerprint from root_key")
        if expected is None:
            if not keeper.has_root():
                Tombstones(folder).begin()
            keeper.initialise()
        keys = keeper.open()
        if expected is None:
            await tx.connection.execute("insert into root_key (fingerprint) values ($1)", keys.fingerprint)
        elif bytes(expected) != keys.fingerprint:
            raise KeysUnusable(
                f"The root key in {keeper} is not the one that this database was written with:"
                " put the right keys back."
            )
        elif not await tx.connection.fetchval(_ANYBODY_ERASED):
            Tombstones(folder).begin()  # a folder from before there were tombstones
        _refuse_lost_epochs({row["epoch"] for row in await tx.connection.fetch(_EPOCHS)}, keys, keeper)
    return keys


def _refuse_lost_epochs(wrapped_in: set[int], keys: KeyProvider, keeper: KeyKeeper) -> None:
    """Whose key is not there would look erased, and people would be told so."""
    lost = sorted(wrapped_in - set(keys.epochs()))
    if lost:
        raise KeysUnusable(
            f"The key of epoch {lost[0]} is not in {keeper}, and people in this database can be read with it"
            " only. If it was lost, put the whole of it back; if the database is from a backup older than the"
            " last ./kem keys roll, restore a younger one: nobody can open that one any more."
        )
