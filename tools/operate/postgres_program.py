"""PostgreSQL's own programs for backups: their words are the progress, their last word is the failure."""

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.stack.failure import StackFailure
from tools.stack.footing import installed_programs
from tools.stack.process import bare_environment, last_line


def program(name: str, *, speaks_tls: bool) -> Path:
    """The installed program; the machine's own where the connection needs TLS, which ours do not speak.

    Raises:
        StackFailure: there is none.
    """
    if not speaks_tls:
        return installed_programs() / name
    own = shutil.which(name)
    if own is None:
        raise StackFailure(
            f"A connection by TLS to PostgreSQL needs {name}; install it: apt-get install postgresql-client"
        )
    return Path(own)


def run_program(
    path: Path, arguments: Sequence[str], environment: Mapping[str, str], hear: Callable[[str], None]
) -> None:
    """Runs it to its end; `hear` gets each line that it says (on stderr) as it comes.

    Raises:
        StackFailure: it failed; its last line says why.
    """
    last = ""
    with subprocess.Popen(
        [str(path), *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stderr or ():
            last = line.strip() or last
            hear(line)
    if process.returncode != 0:
        raise StackFailure(f"{path.name} failed: {last.removeprefix(path.name + ': ')}")


def output_of(path: Path, arguments: Sequence[str]) -> str:
    """What a program prints that talks to no server.

    Raises:
        StackFailure: it failed; its last line says why.
    """
    done = subprocess.run(
        [str(path), *arguments], env=bare_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise StackFailure(last_line(done.stderr).removeprefix(f"{path.name}: "))
    return done.stdout
