"""What another terminal asks of a running supervisor: to end, or to fill the broker again."""

import fcntl
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil

from kernel.ids import random_id
from tools.stack.failure import NotRunning, StackFailure
from tools.stack.layout import Layout
from tools.stack.run_file import Run, end_leftovers, read_run
from tools.stack.wanted import Tell, Wanted, leave_wanted

_POLL_SECONDS = 0.1


def supervisor_of(layout: Layout) -> tuple[Run, psutil.Process]:
    """The run and the living process that supervises it.

    Raises:
        StackFailure: nothing runs there.
    """
    run = read_run(layout) if layout.is_held() else None
    process = run.supervisor.find() if run else None
    if run is None or process is None:
        raise NotRunning
    return run, process


def end_stack(layout: Layout, patience_seconds: float) -> str:
    """Asks the supervisor to end and waits until the folder is free; also cleans up after a killed one."""
    if not layout.data.exists() or not layout.is_held():
        run = read_run(layout)
        left = end_leftovers(run) if run else []
        return f"Ended what was left: {', '.join(left)}." if left else "KEM was not running."
    _, process = supervisor_of(layout)
    process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + patience_seconds
    while layout.is_held():
        if time.monotonic() > deadline:
            raise StackFailure(
                f"KEM has not ended within {patience_seconds:.0f} s; look at ./kem logs, or try again."
            )
        time.sleep(_POLL_SECONDS)
    return "KEM has ended; its data stays."


def ask_for_replay(layout: Layout, wanted: Wanted, patience_seconds: float, tell: Tell) -> int:
    """Lets the supervisor fill the broker again, and waits until that is done and all services run.

    Returns:
        How many events were sent.

    Raises:
        StackFailure: nothing runs there, somebody else asks just now, or it is not done in time.
    """
    run, process = supervisor_of(layout)
    if not run.is_ready:
        raise StackFailure(
            "KEM is still starting, and fills the broker by itself then; wait until it is ready."
        )
    with _the_only_one(layout):
        ask_id = str(random_id())
        leave_wanted(layout, replace(wanted, ask_id=ask_id))
        process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            now, _ = supervisor_of(layout)
            if now.answered_ask_id == ask_id:
                return now.replayed_events
            tell(now.replayed_events, now.events_to_replay)
            time.sleep(_POLL_SECONDS)
    raise StackFailure(f"The replay is not done after {patience_seconds:.0f} s; look at ./kem status.")


@contextmanager
def _the_only_one(layout: Layout) -> Iterator[None]:
    """Keeps two commands from asking at once: the later wish would take the place of the earlier one."""
    with layout.ask_file.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackFailure("Another ./kem replay is under way; wait until it is done.") from None
        yield
