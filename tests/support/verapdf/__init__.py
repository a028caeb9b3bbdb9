"""veraPDF, the validator of PDF/UA, fetched by Maven once for this checkout."""

import fcntl
import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.stack.debian import ProgramMissing, find_programs
from tools.stack.layout import ROOT
from tools.stack.process import bare_environment, last_line

_HERE: Final = Path(__file__).parent
_CACHE: Final = ROOT / ".kem" / "verapdf"
_PROGRAMS: Final = {"javac": "default-jdk-headless", "mvn": "maven"}


@dataclass(frozen=True, slots=True)
class Found:
    """What veraPDF says of a file: how many checks it made, and which clauses of ISO 14289-1 are broken."""

    checks: int
    broken_clauses: list[str]


def held_against_pdf_ua(files: Sequence[Path]) -> list[Found]:
    """Each file, in their order.

    Raises:
        ProgramMissing: Java or Maven is, or Maven cannot fetch it.
    """
    find_programs(_PROGRAMS, "veraPDF", print)
    libs = _fetched()
    done = subprocess.run(
        ["java", "-cp", f"{libs}/*", str(_HERE / "Validate.java"), *map(str, files)],
        env=bare_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("CHECKED ")]
    return [Found(int(checks), broken) for _, checks, *broken in lines]


def _fetched() -> Path:
    pom = _HERE / "pom.xml"
    libs = _CACHE / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not libs.exists():
            with tempfile.TemporaryDirectory(prefix="fetching-", dir=_CACHE) as folder:
                _fetch(pom, Path(folder) / "libs")
                (Path(folder) / "libs").rename(libs)
    return libs


def _fetch(pom: Path, libs: Path) -> None:
    done = subprocess.run(
        [
            *("mvn", "-q", "-B", "-ntp", "-f", str(pom), "dependency:copy-dependencies"),
            *("-DincludeScope=runtime", f"-DoutputDirectory={libs}"),
        ],
        env=bare_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ProgramMissing(f"veraPDF could not be fetched by Maven: {last_line(done.stdout)}")
