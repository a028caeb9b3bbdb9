"""Run as a script: ties a process to the life of the one that started it, then becomes that process.

    python -I -S launch.py PARENT_PID SIGNAL COMMAND [ARGUMENT …]

The kernel sends SIGNAL when the parent dies, kill -9 included (prctl(2), PR_SET_PDEATHSIG). It is done
here, after the fork, so that the parent may have threads of gRPC; only the standard library is used.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def become(parent_pid: int, death_signal: int, command: list[str]) -> None:
    """Replaces this process by `command`, which dies with `parent_pid`."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before the kernel was asked to watch it
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
