"""Apache Kafka's program: fetched by Maven, once for all stacks of this checkout, and how it is run."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.stack.debian import ProgramMissing, find_programs
from tools.stack.layout import ROOT
from tools.stack.process import bare_environment, last_line

CACHE: Final = ROOT / ".kem" / "kafka"
DEPLOY: Final = ROOT / "deploy" / "kafka"
OLDEST_JAVA: Final = 17
_JAVA: Final = {"java": "default-jre-headless"}
_MAVEN: Final = {"mvn": "maven"}
_MEMORY: Final = ("-Xms128m", "-Xmx256m", "-XX:MaxDirectMemorySize=64m", "-XX:+ExitOnOutOfMemoryError")
_QUICK: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""A node starts in a third of the time, and pays with a little throughput that one machine does not miss."""


@dataclass(frozen=True, slots=True)
class KafkaProgram:
    """The jars, and the archive of loaded classes (CDS) that halves the start once more."""

    home: Path
    java_version: str

    @property
    def libs(self) -> Path:
        return self.home / "libs"

    @property
    def archive(self) -> Path:
        """Of one Java only: another one would ignore it."""
        return self.home / f"classes-{hashlib.sha256(self.java_version.encode()).hexdigest()[:12]}.jsa"

    def command(self, main: str, *arguments: str, write_archive: Path | None = None) -> list[str]:
        """How one of Kafka's classes is run; `write_archive` notes at the end which classes it had loaded."""
        if write_archive is not None:
            sharing = [f"-XX:ArchiveClassesAtExit={write_archive}", "-Xlog:cds=error"]
        else:
            sharing = [f"-XX:SharedArchiveFile={self.archive}"] if self.archive.exists() else []
        return [
            *("java", *_MEMORY, *_QUICK, *sharing),
            f"-Dlog4j2.configurationFile={DEPLOY / 'log4j2.xml'}",
            *("-cp", f"{self.libs}/*", main, *arguments),
        ]


def fetch_kafka(say: Callable[[str], None]) -> KafkaProgram:
    """The program, fetched if it is not there yet. Repeat-safe; several may ask at once.

    Raises:
        ProgramMissing: Java or Maven is, or Maven cannot fetch it.
    """
    find_programs(_JAVA, "Apache Kafka", say)
    pom = DEPLOY / "pom.xml"
    version = _java_version()
    program = KafkaProgram(CACHE / hashlib.sha256(pom.read_bytes()).hexdigest()[:12], version)
    with cache_lock():
        if not program.libs.exists():
            find_programs(_MAVEN, "Fetching Apache Kafka", say)
            _fetch(pom, program.libs, say)
    return program


@contextmanager
def cache_lock() -> Iterator[None]:
    """One at a time fills the cache; the lock goes with the process."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(pom: Path, libs: Path, say: Callable[[str], None]) -> None:
    say("Fetching Apache Kafka, once (45 files, 43 MB) …")
    began = time.monotonic()
    libs.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="fetching-", dir=libs.parent))
    try:
        done = subprocess.run(
            [
                *("mvn", "-q", "-B", "-ntp", "-f", str(pom), "dependency:copy-dependencies"),
                *("-DincludeScope=runtime", f"-DoutputDirectory={folder}"),
            ],
            env=bare_environment() | _own_java(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")]
            raise ProgramMissing(
                "Apache Kafka could not be fetched by Maven; try again when the network is there:"
                f" {said[0].removeprefix('[ERROR] ') if said else last_line(done.stderr)}"
            )
        folder.rename(libs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"Apache Kafka is here ({time.monotonic() - began:.0f} s).")


def _own_java() -> dict[str, str]:
    return {name: os.environ[name] for name in ("JAVA_HOME", "MAVEN_OPTS") if name in os.environ}


def _java_version() -> str:
    """What `java -version` says, after a look at whether it is new enough."""
    said = subprocess.run(
        ["java", "-version"], env=bare_environment(), capture_output=True, text=True, check=False
    ).stderr
    number = said.partition('"')[2].partition(".")[0].partition('"')[0]
    if not number.isdigit() or int(number) < OLDEST_JAVA:
        raise ProgramMissing(
            f"Apache Kafka needs Java {OLDEST_JAVA} or newer; install with: apt-get install {_JAVA['java']}"
        )
    return said


def properties(lines: Sequence[tuple[str, object]]) -> str:
    """Kafka's format of settings: what every node has, and these."""
    own = "".join(f"{name}={value}\n" for name, value in lines)
    return (DEPLOY / "node.properties").read_text(encoding="utf-8") + "\n# this node\n" + own
