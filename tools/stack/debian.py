"""Programs that come with the system: looked for, and installed by root; anybody else is told the line."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping

from tools.stack.failure import StackFailure
from tools.stack.process import last_line


class ProgramMissing(StackFailure):
    """A program is not there and cannot be had by this user, here, now; the message says how."""


def find_programs(needed: Mapping[str, str], what_for: str, say: Callable[[str], None]) -> None:
    """Returns when every program is there; `needed` gives each one's Debian package.

    Raises:
        ProgramMissing: one is not; in one sentence with the line that installs it.
    """
    missing = [program for program in needed if shutil.which(program) is None]
    if not missing:
        return
    packages = " ".join(dict.fromkeys(needed[program] for program in missing))
    line = f"apt-get install {packages}"
    why_not = ""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing what {what_for} needs: {packages} …")
        why_not = _install(packages.split())
        missing = [program for program in missing if shutil.which(program) is None]
    if missing:
        names = " and ".join(missing)
        raise ProgramMissing(f"{what_for} needs {names}; install with: {line}{why_not}")


def _install(packages: list[str]) -> str:
    """Empty, or why it could not be done."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f" (tried by itself, but: {last_line(done.stderr)})"
