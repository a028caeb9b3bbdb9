"""Keeps run.json as the stack is: written at each change, and as soon as it can be when it could not."""

import os
import time
from collections.abc import Callable, Iterable
from typing import Final

from tools.stack.layout import Layout
from tools.stack.part import Part
from tools.stack.room import Room, is_about_full_disks
from tools.stack.run_file import Run, RunningProcess, start_time_of, write_run

NOTE_SECONDS: Final = 0.25


class RunNotes:
    """What one supervisor runs, from `begin` to `end`; before and after there is nothing to write."""

    def __init__(
        self, layout: Layout, parts: Callable[[], Iterable[Part]], say: Callable[[str], None]
    ) -> None:
        self._layout = layout
        self._parts = parts
        self._say = say
        self._run: Run | None = None
        self._is_written = True
        self._noted = 0.0
        self.room: Room | None = None

    def begin(self, base_port: int, addresses: dict[str, str]) -> None:
        """This process supervises from now on."""
        me = os.getpid()
        self._run = Run(RunningProcess("kem up", me, start_time_of(me)), base_port, addresses)
        self.write()

    def ready(self, is_ready: bool) -> None:
        """Everything runs; or the end begins."""
        if self._run is not None:
            self._run.is_ready = is_ready
        self.write()

    def replay_begins(self) -> None:
        """Nothing was sent yet."""
        if self._run is not None:
            self._run.replayed_events = self._run.events_to_replay = 0

    def replay_goes_on(self, sent: int, of: int) -> None:
        """Lets whoever asked see how far it is, without writing the file for every run of events."""
        if self._run is not None and time.monotonic() - self._noted > NOTE_SECONDS:
            self._noted = time.monotonic()
            self._run.replayed_events, self._run.events_to_replay = sent, of
            self.write()

    def replay_is_done(self, events: int, ask_id: str) -> None:
        """All services run again; `ask_id` is that of whoever asked for it."""
        if self._run is not None:
            self._run.replays += 1
            self._run.replayed_events = events
            self._run.answered_ask_id = ask_id
        self.write()

    def end(self) -> None:
        """Nothing runs any more."""
        self.ready(False)
        self._run = None

    def write_if_behind(self) -> None:
        """Tries again what could not be written."""
        if not self._is_written:
            self.write()

    def write(self) -> None:
        """Writes the parts as they are now; a full disk is said elsewhere, anything else here and once."""
        if self._run is None:
            return
        self._run.processes = [
            part.record for part in self._parts() if part.record is not None and part.process is not None
        ]
        try:
            write_run(self._layout, self._run)
        except OSError as error:
            is_short = self.room is not None and self.room.is_short()
            if self._is_written and not (is_short and is_about_full_disks(error)):
                self._say(
                    f"{self._layout.run_file} cannot be written ({error.strerror});"
                    " ./kem status may be behind."
                )
            self._is_written = False
        else:
            self._is_written = True
