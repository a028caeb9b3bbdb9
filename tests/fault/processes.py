"""Processes that a test of a loss starts, hears, holds up, and sees die."""

import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.fault.breakage import ARMED
from tests.fault.order import ROOT

PATIENCE_SECONDS: Final = 180.0
"""Long, for a busy machine: whoever waits for a condition loses nothing by it."""
END_SECONDS: Final = 12.0


@dataclass(slots=True)
class Worker:
    """A worker process; `heard` is what it said so far."""

    process: asyncio.subprocess.Process
    log: Path
    heard: list[str] = field(default_factory=list)

    async def said(self, word: str, times: int = 1) -> None:
        """Returns when the process has said the word so many times; fails when it ended before."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.heard.count(word) < times:
                line = await self.process.stdout.readline()
                assert line, f"ended before it said {word!r}; its log:\n{self.log.read_text()[-3000:]}"
                self.heard.append(line.decode().strip())

    async def died(self) -> int:
        """The exit code, when it has died by itself."""
        return await asyncio.wait_for(self.process.wait(), PATIENCE_SECONDS)

    async def arm(self) -> None:
        """From now on it breaks at its step."""
        self.process.send_signal(signal.SIGUSR2)
        await self.said(ARMED)

    def release(self) -> None:
        """Lets a process go on that holds at its step."""
        self.process.send_signal(signal.SIGUSR1)

    def wake(self) -> None:
        """Lets a process go on that was frozen."""
        self.process.send_signal(signal.SIGCONT)

    async def end(self, patience_seconds: float = END_SECONDS) -> None:
        """Ends it as a supervisor would: asks, and kills what does not listen."""
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), patience_seconds)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):  # it has just ended
                    self.process.kill()
        await self.process.wait()
        if self.process.stdout is not None:
            self.heard += (await self.process.stdout.read()).decode().split("\n")


async def start_worker(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Worker:
    """Starts the process; what it logs goes into the file."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    return Worker(process, log)
