"""A real Keycloak for tests, fetched by Maven once for this checkout. One runs at a time."""

import fcntl
import json
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from tools.stack.debian import ProgramMissing, find_programs
from tools.stack.layout import ROOT
from tools.stack.ports import free_port
from tools.stack.process import bare_environment, last_line, spawn, stop

VERSION: Final = "26.7.3"
CACHE: Final = ROOT / ".kem" / "keycloak"
READY_SECONDS: Final = 600
"""Its first start builds for minutes on a busy machine; what it has built is kept."""
_ARTIFACT: Final = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
_JAVA: Final = {"java": "default-jre-headless"}
_MAVEN: Final = {"mvn": "maven"}


@contextmanager
def running_keycloak(realm: Mapping[str, Any], log: Path) -> Iterator[str]:
    """Its origin, once it answers for the realm; all that it keeps is in memory.

    Raises:
        ProgramMissing: Java or Maven is, or Maven cannot fetch it.
    """
    find_programs(_JAVA, "Keycloak", print)
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        home = CACHE / f"keycloak-{VERSION}"
        if not home.exists():
            find_programs(_MAVEN, "Fetching Keycloak", print)
            _fetch(home)
        realms = home / "data" / "import"
        realms.mkdir(parents=True, exist_ok=True)
        (realms / "realm.json").write_text(json.dumps(realm))
        port = free_port()
        process = spawn(
            [
                *("sh", str(home / "bin" / "kc.sh"), "start-dev", "--import-realm", "--db=dev-mem"),
                *("--http-host=127.0.0.1", f"--http-port={port}"),
            ],
            log=log,
            environment=bare_environment() | {"JAVA_OPTS_KC_HEAP": "-Xms128m -Xmx512m"},
            directory=home,
        )
        try:
            origin = f"http://127.0.0.1:{port}"
            _wait_ready(process, f"{origin}/realms/{realm['realm']}/.well-known/openid-configuration", log)
            yield origin
        finally:
            stop(process, ask=signal.SIGTERM, patience_seconds=30)


def _fetch(home: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=CACHE) as folder:
        done = subprocess.run(
            [
                *("mvn", "-q", "-B", "-ntp", "dependency:copy"),
                *(f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={folder}"),
            ],
            env=bare_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ProgramMissing(f"Keycloak could not be fetched by Maven: {last_line(done.stdout)}")
        (archive,) = Path(folder).glob("*.zip")
        shutil.unpack_archive(archive, folder)
        (Path(folder) / home.name).rename(home)


def _wait_ready(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urlopen(address, timeout=5) as response:
                if response.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"Keycloak does not answer: {log.read_text()[-2000:]}")
