"""Keeps run.json true while a stack runs, also through a disk that is full for a while."""

import os
import time
from collections.abc import Callable, Iterable
from typing import Final

from tools.stack.layout import Layout
from tools.stack.part import Part
from tools.stack.room import Room, is_about_full_disks
from tools.stack.run_file import Run, RunningProcess, start_time_of, write_run

NOTE_SECONDS: Final = 0.25


class RunKeeper:
    """What one supervisor, this process, tells other commands about its run.

    Args:
        parts: whatever it supervises; asked at each writing.
        say: told once where the file cannot be written; while the disk is known to be full, nothing.
    """

    def __init__(
        self,
        layout: Layout,
        base_port: int,
        addresses: dict[str, str],
        parts: Callable[[], Iterable[Part]],
        say: Callable[[str], None],
    ) -> None:
        me = os.getpid()
        self._run = Run(RunningProcess("kem up", me, start_time_of(me)), base_port, addresses)
        self._layout = layout
        self._parts = parts
        self._say = say
        self._noted = 0.0
        self.is_written = True
        self.room: Room | None = None
        """Set it when the disk is watched."""

    def note_ready(self, *, is_ready: bool) -> None:
        """Whether everything serves."""
        self._run.is_ready = is_ready
        self.write()

    def note_replay_begins(self) -> None:
        """The broker is being filled again; nothing is sent yet."""
        self._run.replayed_events = self._run.events_to_replay = 0

    def note_replaying(self, sent: int, of: int) -> None:
        """Lets whoever asked see how far it is, without writing the file for every run of events."""
        if time.monotonic() - self._noted > NOTE_SECONDS:
            self._noted = time.monotonic()
            self._run.replayed_events, self._run.events_to_replay = sent, of
            self.write()

    def note_replayed(self, sent: int, ask_id: str) -> None:
        """The broker is full again, as the wish of this id asked for; "" where nobody did."""
        self._run.replays += 1
        self._run.replayed_events = sent
        self._run.answered_ask_id = ask_id
        self.write()

    def write(self) -> None:
        """Replaces the file; call it whenever a process came or went."""
        self._run.processes = [
            part.record for part in self._parts() if part.record is not None and part.process is not None
        ]
        try:
            write_run(self._layout, self._run)
        except OSError as error:
            is_short = self.room is not None and self.room.is_short()
            if self.is_written and not (is_short and is_about_full_disks(error)):
                self._say(
                    f"{self._layout.run_file} cannot be written ({error.strerror});"
                    " ./kem status may be behind."
                )
            self.is_written = False
        else:
            self.is_written = True
