"""A person at a command that asks: a real process on a real pseudo-terminal."""

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
from pathlib import Path

from tests.integration.chassis.waiting import until

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class TypedTerminal:
    """Starts the command; `type` presses keys, `until_seen` waits for words on the screen."""

    def __init__(self, data: Path, *command: str) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        os.set_blocking(self._ours, False)
        self.screen = ""
        self._process = asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tools",
            *command,
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(data),
                "TERM": "xterm",
                "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
                "KEM_DATA": str(data),
            },
        )
        self._theirs = theirs

    async def __aenter__(self) -> "TypedTerminal":
        self._running = await self._process
        os.close(self._theirs)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._running.returncode is None:
            self._running.kill()
            await self._running.wait()
        os.close(self._ours)

    def type(self, line: str) -> None:
        """Types a line, and forgets what was on the screen before it."""
        self.screen = ""
        os.write(self._ours, f"{line}\n".encode())

    async def until_seen(self, words: str) -> str:
        """What is on the screen once the words are there."""
        try:
            await until(lambda: words in self._read(), within=PATIENCE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"never saw {words!r} in:\n{self.screen}") from None
        return self.screen

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self._running.send_signal(signal.SIGINT)

    async def ended(self) -> int:
        """The exit code."""
        await until(lambda: (self._read(), self._running.returncode is not None)[1], within=PATIENCE_SECONDS)
        return int(self._running.returncode or 0)

    def _read(self) -> str:
        try:
            read = os.read(self._ours, 65536).decode(errors="replace")
        except OSError:  # nothing yet, or the other end is closed
            return self.screen
        self.screen += _COLOURS.sub("", read)
        return self.screen
