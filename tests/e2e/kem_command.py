"""The `kem` command as a user runs it: a process with its own words on stdout and stderr."""

import asyncio
import contextlib
import json
import os
import pty
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import IO, Any, Final

from tests.integration.chassis.waiting import until
from tools.stack.credentials import passwords
from tools.stack.layout import Layout
from tools.stack.ports import LAST_BASE, Ports
from tools.stack.postgres import PostgresServer
from tools.stack.run_file import read_run

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 90
COMMAND_SECONDS: Final = 180
_FIRST_BASE: Final = 8500
"""Above the hundreds of ports that other tests' stacks take."""


def command(*arguments: str) -> list[str]:
    """`./kem …` where its environment is the one that runs this test, else the same entry without it."""
    if Path(sys.executable).is_relative_to(ROOT / ".kem"):
        return [str(ROOT / "kem"), *arguments]
    return [sys.executable, "-P", "-m", "tools", *arguments]


def environment(data: Path) -> dict[str, str]:
    """A user's environment, with a data folder of the test's own."""
    return os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'gen'}", "KEM_DATA": str(data)}


async def said(layout: Layout, *arguments: str, typed: str = "", code: int = 0) -> tuple[str, str]:
    """What `./kem …` prints at this hub, and what it says beside that; it must end with that code.

    Args:
        typed: what it reads, to the end.
    """
    process = await asyncio.create_subprocess_exec(
        *command(*arguments),
        cwd=ROOT,
        env=environment(layout.data),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await asyncio.wait_for(process.communicate(typed.encode()), COMMAND_SECONDS)
    assert process.returncode == code, stderr.decode() + stdout.decode()
    return stdout.decode(), stderr.decode()


async def told(layout: Layout, *arguments: str, typed: str = "") -> dict[str, Any]:
    """The one object that the command prints; it must end well."""
    found: dict[str, Any] = json.loads((await said(layout, *arguments, "--json", typed=typed))[0])
    return found


def base_port() -> int:
    """A free hundred of ports for a hub that will be down for a while: nobody else starts in it meanwhile."""
    while True:
        base = secrets.choice(range(_FIRST_BASE, LAST_BASE + 1, 100))
        if Ports(base).taken() is None:
            return base


class KemUp:
    """`./kem up` on a data folder; it may be killed and started again.

    Args:
        arguments: what follows `up`.
        within: goes before the command, which may then see other disks than the test does.
        seen_at: where the test finds the data folder, if not at `data`.
        output: the file for what it says, if not beside the data folder.
        in_a_terminal: whether it says that to a terminal, of which the file is then a copy.
    """

    def __init__(
        self,
        data: Path,
        *arguments: str,
        within: Sequence[str] = (),
        seen_at: Path | None = None,
        output: Path | None = None,
        in_a_terminal: bool = False,
    ) -> None:
        self.layout = Layout(seen_at or data)
        self.output = output or data.with_name(f"{data.name}-up.txt")
        self._data = data
        self._arguments = ("--base-port", str(base_port()), *arguments)
        self._within = within
        self._in_a_terminal = in_a_terminal
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when it says that it is ready."""
        if self._in_a_terminal:
            ours, theirs = pty.openpty()
            self._process = await self._up(theirs, theirs)
            os.close(theirs)
            Thread(target=_copy, args=(ours, self.output), daemon=True).start()
        else:
            with self.output.open("ab") as output:
                self._process = await self._up(output, output)
        await until(self._is_ready, within=START_SECONDS)

    async def refused(self) -> str:
        """Starts where that cannot succeed; answers what it says about it on stderr."""
        process = await self._up(asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE)
        _, said = await asyncio.wait_for(process.communicate(), START_SECONDS)
        assert process.returncode == 1
        return said.decode()

    async def _up(self, stdout: IO[bytes] | int, stderr: IO[bytes] | int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._within,
            *command("up", *self._arguments),
            cwd=ROOT,
            env=environment(self._data),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )

    async def kill(self) -> None:
        """`kill -9` of the supervisor, and with it of everything that it had started."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def end(self) -> int:
        """Ctrl-C; answers the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
        return await asyncio.wait_for(self._process.wait(), START_SECONDS)

    @property
    def postgres(self) -> PostgresServer:
        """Its server, for statements as superuser."""
        run = read_run(self.layout)
        assert run is not None
        port = int(run.addresses["postgresql"].rpartition(":")[2])
        return PostgresServer(
            self.layout.postgres, port, passwords(self.layout, []), self.layout.log("postgresql")
        )

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.returncode is None, self.output.read_text()
        run = read_run(self.layout)
        return run is not None and run.is_ready and run.supervisor.pid == self._process.pid


def _copy(terminal: int, file: Path) -> None:
    """What appears there, until nobody is left who writes to it."""
    with file.open("ab", buffering=0) as copy, contextlib.suppress(OSError):
        while seen := os.read(terminal, 65536):
            copy.write(seen)
    os.close(terminal)
