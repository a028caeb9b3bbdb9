"""A disk of a test's own, small enough to fill: a tmpfs in a mount namespace that no other process sees."""

import errno
import mmap
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

_WAYS: Final = (("-m",), ("-r", "-m"))
"""Of unshare: as root; as an ordinary user, who becomes root of a user namespace."""
_HOLD: Final = 'mount -t tmpfs -o size="$1",mode=0755 tmpfs "$0" && echo mounted && exec sleep infinity'
_BALLAST: Final = "ballast"


class SmallDisk:
    """The mounted disk.

    Attributes:
        folder: where it is for whoever is within.
        seen_at: the same folder for everybody else.
        enter: goes before a command that shall run within.
    """

    def __init__(self, folder: Path, holder_pid: int, *, has_user_namespace: bool) -> None:
        self.folder = folder
        self.seen_at = Path(f"/proc/{holder_pid}/root") / folder.relative_to("/")
        own = ("--user", "--preserve-credentials") if has_user_namespace else ()
        self.enter = ("nsenter", "--target", str(holder_pid), "--mount", *own, "--")

    def fill(self) -> None:
        """Takes all the room there is, to the last page, though others write meanwhile.

        In small steps: one that does not fit takes what there is and then gives all of it back.
        """
        descriptor = os.open(self.seen_at / _BALLAST, os.O_WRONLY | os.O_CREAT, 0o600)
        step = 256 * mmap.PAGESIZE
        try:
            while step >= mmap.PAGESIZE:
                try:
                    os.posix_fallocate(descriptor, os.fstat(descriptor).st_size, step)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    step //= 2
        finally:
            os.close(descriptor)

    def make_room(self) -> None:
        """Gives it back."""
        (self.seen_at / _BALLAST).unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mounts one at `folder`; it and all that is on it are gone afterwards. Skips where nobody may mount."""
    said = ""
    for way in _WAYS:
        with subprocess.Popen(
            ["unshare", *way, "sh", "-c", _HOLD, str(folder), f"{megabytes}m"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as holder:
            assert holder.stdout is not None
            assert holder.stderr is not None
            try:
                if holder.stdout.readline() == "mounted\n":
                    yield SmallDisk(folder, holder.pid, has_user_namespace="-r" in way)
                    return
                said = holder.stderr.read().strip()
            finally:
                holder.kill()
    pytest.skip(f"this machine lets nobody mount a disk of their own: {said}")
