"""Run as a script: keeps a process out of a folder, but for what is its own, then becomes that process.

    python -I -S confine.py FOLDER [OWN …] --read [READ …] -- COMMAND [ARGUMENT …]

By Landlock (Linux from 5.13 on), which needs no rights and cannot be taken back: not by the process, nor its
children, nor by root. It only knows what is allowed. In FOLDER that is to read READ, and to read and write
OWN; beside the way to FOLDER everything may be read and run, and devices be written to, nothing else. So what
others trust, their code too, cannot be changed by a process that was taken over; temporary files belong in
what is its own. File names can still be listed, and modes of files be changed where the account may; the
memory of processes outside cannot be read. Only the standard library is used.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterator, Sequence

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_ONLY = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_OF_FILES = 0b111  # EXECUTE, WRITE_FILE, READ_FILE
_READING = 0b101
_WRITTEN_BY_ALL = "/dev"
_OF_FOLDERS = 0b1_1111_1111_0000  # removing and making of each kind; READ_DIR is left alone
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_SINCE_REFER, _SINCE_TRUNCATE = 2, 3

_libc = ctypes.CDLL(None, use_errno=True)


def landlock_version() -> int:
    """Of this kernel's Landlock; 0 where it has none, or is told not to use it."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, 0, _VERSION_ONLY)))


def confine(folder: str, own: Sequence[str], read: Sequence[str]) -> None:
    """From now on this process opens nothing in `folder` but `own` and `read`: files, and whole folders.

    What is no longer there, or not yet, is not allowed.

    Raises:
        OSError: the kernel does not do it.
    """
    version = landlock_version()
    of_files = _OF_FILES | (_TRUNCATE if version >= _SINCE_TRUNCATE else 0)
    everything = of_files | _OF_FOLDERS | (_REFER if version >= _SINCE_REFER else 0)
    attributes = ctypes.create_string_buffer(struct.pack("=Q", everything), 8)
    rules = _checked(_libc.syscall(_CREATE_RULESET, attributes, 8, 0))
    for path in (*_beside(os.path.realpath(folder)), *read, *own):
        try:
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue
        allowed = _READING
        if path in own or path == _WRITTEN_BY_ALL:
            allowed = everything if os.path.isdir(path) else of_files
        rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, opened), 12)
        _checked(_libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0))
        os.close(opened)
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(_libc.syscall(_RESTRICT_SELF, rules, 0))
    os.close(rules)


def _beside(folder: str) -> Iterator[str]:
    """Everything that is not on the way from / to the folder; a link leads to something that is here too."""
    while folder != "/":
        parent, name = os.path.split(folder)
        for entry in os.scandir(parent):
            if entry.name != name and not entry.is_symlink():
                yield entry.path
        folder = parent


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer


if __name__ == "__main__":
    reading, split = sys.argv.index("--read"), sys.argv.index("--")
    confine(sys.argv[1], sys.argv[2:reading], sys.argv[reading + 1 : split])
    os.execvp(sys.argv[split + 1], sys.argv[split + 1 :])  # noqa: S606 (no shell is wanted)
