"""One part of the stack (a server or a service): started, watched, started again when it dies, ended."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tools.stack.failure import StackFailure
from tools.stack.process import last_line, stop
from tools.stack.room import Room
from tools.stack.run_file import RunningProcess, start_time_of

FIRST_BACKOFF_SECONDS: Final = 0.2
LAST_BACKOFF_SECONDS: Final = 10.0
STEADY_SECONDS: Final = 10.0
"""After so long a life the next death is a new one: the backoff starts again. A start takes three of them."""
TRIES_AT_START: Final = 3
EXIT_SETTINGS: Final = 78
"""EX_CONFIG of sysexits.h: the process says in its last line what is wrong; starting again would not help."""
_POLL_SECONDS: Final = 0.05


async def nothing() -> None:
    """Where a part needs no step of its own."""


@dataclass(slots=True)
class Part:
    """Keeps one process running for as long as it is wanted.

    Args:
        spawn: starts the process; called on the event loop's thread.
        wait_ready: returns when the process answers; StackFailure when it cannot.
        on_death: done before an unexpected death is followed by a new start.
        on_restart: done after such a new start is ready.
        say: tells the person what happened, in one sentence.
        changed: called after each change of state.
    """

    name: str
    spawn: Callable[[], "subprocess.Popen[bytes]"]
    wait_ready: Callable[[], Awaitable[None]]
    log: Path
    say: Callable[[str], None]
    changed: Callable[[], None]
    ask: signal.Signals = signal.SIGTERM
    patience_seconds: float = 16.0
    on_death: Callable[[], Awaitable[None]] = nothing
    on_restart: Callable[[], Awaitable[None]] = nothing
    room: Room | None = None
    """What it cannot start without: when it is short, that is said instead of an end, and waited for."""
    process: "subprocess.Popen[bytes] | None" = None
    record: RunningProcess | None = None
    restarts: int = 0
    is_patient: bool = False
    """Never gives up: for a stack that has started once."""
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _unwanted: asyncio.Event = field(default_factory=asyncio.Event)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _serving: asyncio.Event = field(default_factory=asyncio.Event)
    _failure: StackFailure | None = None
    _keeper: "asyncio.Task[None] | None" = None

    def want(self) -> None:
        """Starts the part, and from now on starts it again whenever it ends."""
        self._failure = None
        self._serving.clear()
        self._unwanted.clear()
        self._wanted.set()
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    async def ready(self) -> None:
        """Returns when the part serves.

        Raises:
            StackFailure: it ended three times without ever serving.
        """
        await self._serving.wait()
        if self._failure is not None:
            raise self._failure

    async def rest(self, patience_seconds: float | None = None) -> None:
        """Asks the process to end and waits for it; it stays down until it is wanted again."""
        patience = self.patience_seconds if patience_seconds is None else patience_seconds
        self._wanted.clear()
        self._unwanted.set()
        if self.process is not None:
            await asyncio.to_thread(stop, self.process, ask=self.ask, patience_seconds=patience)
        if self._keeper is not None:
            await self._idle.wait()
        self._serving.clear()
        self._set_state("STOPPED")

    async def end(self) -> None:
        """Rests for good."""
        await self.rest()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None

    async def _keep(self) -> None:
        backoff = FIRST_BACKOFF_SECONDS
        deaths_at_start = 0
        is_restart = False
        while True:
            if not self._wanted.is_set():
                is_restart, deaths_at_start = False, 0
                self._idle.set()
                await self._wanted.wait()
                self._idle.clear()
            began = time.monotonic()
            has_served, why = await self._outlive(is_restart)
            if not self._wanted.is_set():
                continue
            if not has_served and not is_restart:
                deaths_at_start += 1
                is_hopeless = self.process is not None and self.process.returncode == EXIT_SETTINGS
                if (is_hopeless or deaths_at_start >= TRIES_AT_START) and not self.is_patient:
                    self._give_up(why)
                    continue
            is_restart = is_restart or has_served
            if time.monotonic() - began > STEADY_SECONDS:
                backoff = FIRST_BACKOFF_SECONDS
            self.restarts += 1
            self._set_state("RESTARTING")
            has_room = self.room is None or not self.room.is_short()
            if has_room:
                self.say(f"{self.name} {why}; starting it again in {backoff:.1f} s.")
            try:
                await self.on_death()
            except Exception as failure:  # as above
                self.say(f"{self.name}: {failure!r}.")
            if self.room is None or has_room:
                await self._pause(asyncio.sleep(backoff))
                backoff = min(backoff * 2, LAST_BACKOFF_SECONDS)
            else:
                await self._pause(self.room.wait())
                backoff = FIRST_BACKOFF_SECONDS

    async def _pause(self, waiting: Coroutine[Any, Any, None]) -> None:
        """Waits, or at once no more when the part is not wanted."""
        tasks = [asyncio.create_task(waiting), asyncio.create_task(self._unwanted.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _outlive(self, is_restart: bool) -> tuple[bool, str]:
        """Waits through one life; answers whether the process has served, and how it ended."""
        try:
            return await self._live(is_restart), f"ended ({_ending(self.process)})"
        except Exception as failure:  # whatever it is, somebody must go on watching
            self._failure = failure if isinstance(failure, StackFailure) else StackFailure(repr(failure))
            return False, f"does not start ({self._failure.sentence})"

    async def _live(self, is_restart: bool) -> bool:
        """One life of the process, to its end; answers whether it has served."""
        self._failure = None
        self.process = self.spawn()
        self.record = RunningProcess(self.name, self.process.pid, start_time_of(self.process.pid))
        self.record.restarts = self.restarts
        self._set_state("STARTING")
        becoming_ready = asyncio.create_task(self._become_ready(is_restart))
        ending = asyncio.create_task(self._ended())
        try:
            await asyncio.wait({becoming_ready, ending}, return_when=asyncio.FIRST_COMPLETED)
            if becoming_ready.done():
                becoming_ready.result()
            await ending
            return becoming_ready.done()
        finally:
            for task in (becoming_ready, ending):
                task.cancel()
            await asyncio.gather(becoming_ready, ending, return_exceptions=True)
            if self.process.poll() is None:
                await asyncio.to_thread(stop, self.process, ask=self.ask, patience_seconds=1)

    async def _become_ready(self, is_restart: bool) -> None:
        await self.wait_ready()
        self._set_state("SERVING")
        if is_restart:
            self.say(f"{self.name} serves again.")
            await self.on_restart()
        self._serving.set()

    async def _ended(self) -> None:
        while self.process is not None and self.process.poll() is None:  # noqa: ASYNC110 (it sets no event)
            await asyncio.sleep(_POLL_SECONDS)

    def _give_up(self, why: str) -> None:
        said = last_line(self.log.read_text(errors="replace")) if self.log.exists() else ""
        self._failure = self._failure or StackFailure(
            f"{self.name} does not start, it {why}; its log {self.log} ends with: {said}"
        )
        self._wanted.clear()
        self._unwanted.set()
        self._set_state("STOPPED")
        self._serving.set()

    def _set_state(self, state: str) -> None:
        if self.record is not None:
            self.record.state = state
        self.changed()


def _ending(process: "subprocess.Popen[bytes] | None") -> str:
    code = process.returncode if process is not None else None
    if code is None:
        return "never started"
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
