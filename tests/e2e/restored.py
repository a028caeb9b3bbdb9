"""A backup that is brought back in another folder, with the keys that its hub keeps beside it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.kem_command import told
from tools.stack.credentials import passwords
from tools.stack.layout import Layout
from tools.stack.ports import free_port
from tools.stack.postgres import PostgresServer


@asynccontextmanager
async def restored_elsewhere(layout: Layout, file: Path, folder: Path) -> AsyncIterator[PostgresServer]:
    """The copy's server, on which nothing else works."""
    elsewhere = Layout(folder)
    shutil.copytree(layout.keys, elsewhere.keys)
    shutil.copytree(layout.sign_in, elsewhere.sign_in)
    assert (await told(elsewhere, "restore", str(file)))["erased_again"] == 0
    restored = PostgresServer(
        elsewhere.postgres, free_port(), passwords(elsewhere, []), elsewhere.log("postgresql")
    )
    await asyncio.to_thread(restored.start)
    try:
        yield restored
    finally:
        await asyncio.to_thread(restored.stop)
