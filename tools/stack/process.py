"""Starting and stopping one process of the stack, tied to this process's life."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_LAUNCH = Path(__file__).with_name("launch.py")


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    directory: Path,
    death_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Starts `command` in a session of its own; it gets `death_signal` when this process dies.

    Call it from a thread that lives as long as the process should (the kernel watches the thread).
    Its output is appended to `log`.
    """
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), str(int(death_signal)), *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=directory,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes], *, ask: signal.Signals, patience_seconds: float) -> int:
    """Asks the process to end, kills it when it does not, and answers its exit code."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(ask)
        try:
            return process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    return process.wait()


def bare_environment() -> dict[str, str]:
    """The environment for foreign programs: UTC, plain messages, nothing of the caller's settings."""
    keep = ("PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR")
    kept = {name: os.environ[name] for name in keep if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}


def last_line(text: str) -> str:
    """The last line that says something."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "(it said nothing)"
