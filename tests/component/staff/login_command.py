"""`./kem login --provider NAME` as a process, with a browser that only notes what it is started with."""

import asyncio
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.component.staff.access_service import ROOT
from tests.integration.chassis.waiting import until
from tools.stack.layout import Layout

PATIENCE_SECONDS = 30


class LoginCommand:
    """Starts it; `opened` is what the browser was started with, `ended` what came of it."""

    def __init__(self, layout: Layout, provider: str, folder: Path) -> None:
        self._layout = layout
        self._provider = provider
        self._noted = folder / "browser-started-with"
        self._noted.unlink(missing_ok=True)
        self._browser = folder / "browser"
        self._browser.write_text(
            f'#!/bin/sh\nprintf %s "$*" > "{self._noted}.new"\nmv "{self._noted}.new" "{self._noted}"\n'
        )
        self._browser.chmod(0o700)

    async def __aenter__(self) -> Self:
        self._running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "tools", "login", "--provider", self._provider),
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self._layout.data),
                "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
                "KEM_DATA": str(self._layout.data),
                "BROWSER": str(self._browser),
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running.returncode is None:
            self._running.kill()
            await self._running.wait()

    async def opened(self) -> str:
        """The address, once the browser is started."""
        await until(self._noted.exists, within=PATIENCE_SECONDS)
        return self._noted.read_text()

    async def ended(self) -> tuple[int, str]:
        """The exit code, and all that was said."""
        said, _ = await asyncio.wait_for(self._running.communicate(), PATIENCE_SECONDS)
        return int(self._running.returncode or 0), said.decode()
