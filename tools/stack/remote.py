"""What another terminal asks of a running supervisor: to end, or to fill the broker again."""

import signal
import time

import psutil

from tools.stack.failure import NotRunning, StackFailure
from tools.stack.layout import Layout
from tools.stack.run_file import Run, end_leftovers, read_run

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


def ask_for_replay(layout: Layout, patience_seconds: float) -> str:
    """Lets the supervisor fill the broker again, and waits until that is done."""
    run, process = supervisor_of(layout)
    if not run.is_ready:
        raise StackFailure(
            "KEM is still starting, and fills the broker by itself then; wait until it is ready."
        )
    before = run.replays
    process.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        now, _ = supervisor_of(layout)
        if now.replays > before:
            return f"Done: {now.replayed_events} events were sent again, and all services run."
        time.sleep(_POLL_SECONDS)
    raise StackFailure(f"The replay is not done after {patience_seconds:.0f} s; look at ./kem status.")
