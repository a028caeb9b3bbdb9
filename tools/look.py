"""Builds the console's look: style sheets and scripts of services/console/static, from services/console/look.

python -m tools.look build   makes them anew
python -m tools.look check   the files that are committed are what the sources give

Node.js and npm build; the hub itself needs neither, for what is built is committed.
"""

import filecmp
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.stack.debian import ProgramMissing
from tools.stack.failure import StackFailure

ROOT: Final = Path(__file__).resolve().parents[1]
LOOK: Final = ROOT / "services" / "console" / "look"
STATIC: Final = ROOT / "services" / "console" / "static"
BUILT: Final = ("console.css", "console-rtl.css", "console.js", "audit.js", "htmx.min.js")
PACKAGES: Final = ROOT / ".kem" / "look"
"""Where npm puts the packages of the lock file; made anew when that has changed."""
_ASKED: Final = ("package.json", "package-lock.json", ".npmrc")


def packages() -> Path:
    """The folder with the packages that the lock file names, installed where they are not.

    Raises:
        ProgramMissing: there is no node or npm.
        StackFailure: npm could not install them.
    """
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        raise ProgramMissing(f"The look is built with {' and '.join(missing)}; install Node.js 20 or newer.")
    asked = hashlib.sha256(b"".join((LOOK / name).read_bytes() for name in _ASKED)).hexdigest()
    stamp = PACKAGES / "stamp"
    if not stamp.exists() or stamp.read_text() != asked:
        PACKAGES.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        for name in _ASKED:
            shutil.copy(LOOK / name, PACKAGES / name)
        # no package runs anything at its installation
        _run(["npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"])
        stamp.write_text(asked)
    return PACKAGES


def build(target: Path = STATIC) -> None:
    """Writes what is built into `target`. Raises as `packages` does."""
    packages()
    target.mkdir(parents=True, exist_ok=True)
    _run(["node", str(LOOK / "build.mjs"), str(LOOK), str(target)])


def stale(folder: Path = STATIC) -> list[str]:
    """The built files that are not what the sources give. Raises as `packages` does."""
    with tempfile.TemporaryDirectory() as fresh:
        build(Path(fresh))
        return [name for name in BUILT if not _same(Path(fresh) / name, folder / name)]


def _same(fresh: Path, committed: Path) -> bool:
    return committed.exists() and filecmp.cmp(fresh, committed, shallow=False)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd=PACKAGES, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StackFailure(f"{command[0]} could not build the look:\n{(done.stdout + done.stderr).strip()}")


def main(arguments: Sequence[str]) -> int:
    """Runs one of the two commands; answers the exit code."""
    try:
        match arguments:
            case ["build"]:
                build()
                print(f"built: {', '.join(BUILT)}")
            case ["check"]:
                if found := stale():
                    print(f"not what the sources give; run python -m tools.look build: {', '.join(found)}")
                    return 1
                print("the look: what is committed is what the sources give")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except StackFailure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
