"""What comes with the system: looked for, and installed by root; anybody else is told the line."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.stack.failure import StackFailure
from tools.stack.process import last_line

_POLICY: Final = Path("/usr/sbin/policy-rc.d")


class ProgramMissing(StackFailure):
    """A program is not there and cannot be had by this user, here, now; the message says how."""


def find_programs(needed: Mapping[str, str], what_for: str, say: Callable[[str], None]) -> None:
    """Returns when every program is there; `needed` gives each one's Debian package.

    Raises:
        ProgramMissing: one is not; in one sentence with the line that installs it.
    """
    _find(needed, lambda program: shutil.which(program) is not None, what_for, say)


def find_libraries_and_fonts(
    libraries: Mapping[str, str], fonts: Mapping[str, str], what_for: str, say: Callable[[str], None]
) -> None:
    """Returns when every shared library loads and every family of letters is there; as `find_programs`.

    Raises:
        ProgramMissing: one is not.
    """
    _find(libraries, _loads, what_for, say)
    _find({"fc-match": "fontconfig"}, lambda program: shutil.which(program) is not None, what_for, say)
    _find(fonts, _has_letters, what_for, say)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_letters(family: str) -> bool:
    """Fontconfig answers something else where a family is not there."""
    asked = ["fc-match", "--format", "%{family}", family]
    found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return family in found.split(",")


def _find(
    needed: Mapping[str, str], is_there: Callable[[str], bool], what_for: str, say: Callable[[str], None]
) -> None:
    missing = [one for one in needed if not is_there(one)]
    if not missing:
        return
    packages = " ".join(dict.fromkeys(needed[one] for one in missing))
    line = f"apt-get install {packages}"
    why_not = ""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing what {what_for} needs: {packages} …")
        why_not = _install(packages.split())
        missing = [one for one in missing if not is_there(one)]
    if missing:
        names = " and ".join(missing)
        raise ProgramMissing(f"{what_for} needs {names}; install with: {line}{why_not}")


@contextmanager
def services_kept_off(policy: Path) -> Iterator[None]:
    """Within it no package starts a service of its own (Debian's policy-rc.d: 101 forbids it)."""
    if policy.exists():  # somebody has a policy already; a container's forbids
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def _install(packages: list[str]) -> str:
    """Empty, or why it could not be done."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    with services_kept_off(_POLICY):
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
        ):
            done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    for service in packages if shutil.which("systemctl") else ():
        # nor at the next start of the machine; most packages have no service, which is no fault
        subprocess.run(["systemctl", "disable", "--quiet", service], capture_output=True, check=False)
    return "" if done.returncode == 0 else f" (tried by itself, but: {last_line(done.stderr)})"
