"""run.json: what runs in a data folder, so that other commands find it and the next start can clean up."""

import json
import signal
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil

from tools.stack.layout import Layout, write_secret

_SAME_START_SECONDS = 2.0
"""Start times of one process differ a little between readers: they are counted from the boot."""


@dataclass(slots=True)
class RunningProcess:
    """One process, known by pid and start time (seconds since 1970): a pid alone may be somebody else's."""

    name: str
    pid: int
    start_time: float
    state: str = "STARTING"
    restarts: int = 0

    def find(self) -> psutil.Process | None:
        """The process itself while it lives."""
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.start_time) < _SAME_START_SECONDS
            return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


@dataclass(slots=True)
class Run:
    """What one supervisor runs.

    Args:
        replays: how often the broker was filled again; what follows is of the last time.
        replayed_events: how many events were sent, while it goes on so far, of `events_to_replay`.
        answered_ask_id: the last wish (see wanted.py) that was done.
    """

    supervisor: RunningProcess
    base_port: int
    addresses: dict[str, str]
    processes: list[RunningProcess] = field(default_factory=list)
    is_ready: bool = False
    replays: int = 0
    replayed_events: int = 0
    events_to_replay: int = 0
    answered_ask_id: str = ""


def start_time_of(pid: int) -> float:
    """When the process began (seconds since 1970); 0 when it has gone already."""
    try:
        began: float = psutil.Process(pid).create_time()
        return began
    except psutil.Error:
        return 0.0


def write_run(layout: Layout, run: Run) -> None:
    """Replaces run.json, whole or not at all."""
    write_secret(layout.run_file, json.dumps(asdict(run), indent=1))


def read_run(layout: Layout) -> Run | None:
    """The last run of this folder, alive or not; None where there was none, or it cannot be read."""
    try:
        said: dict[str, Any] = json.loads(layout.run_file.read_text())
        return Run(
            supervisor=RunningProcess(**said.pop("supervisor")),
            processes=[RunningProcess(**process) for process in said.pop("processes")],
            **said,
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def end_leftovers(run: Run, patience_seconds: float = 15) -> list[str]:
    """Ends what a killed supervisor left behind; answers the names. Call it while holding the folder."""
    found = [(process.name, living) for process in run.processes if (living := process.find())]
    for _, living in found:
        # PostgreSQL shuts down fast at SIGINT; services and broker have nothing that a kill could lose
        _send(living, signal.SIGINT)
    deadline = time.monotonic() + patience_seconds
    for _, living in found:
        try:
            living.wait(max(0.1, deadline - time.monotonic()))
        except psutil.TimeoutExpired:
            _send(living, signal.SIGKILL)
            psutil.wait_procs([living], timeout=5)
    return [name for name, _ in found]


def _send(process: psutil.Process, what: signal.Signals) -> None:
    try:
        process.send_signal(what)
    except psutil.Error:
        return
