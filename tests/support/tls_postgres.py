"""Debian's PostgreSQL with TLS and nothing beside it: what the embedded one is not built for."""

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from chassis.certificates import Holder
from tools.certificates.authority import KAFKA, Authority
from tools.stack.debian import ProgramMissing, find_programs
from tools.stack.footing import footing
from tools.stack.ports import free_port
from tools.stack.process import bare_environment

PASSWORD: Final = "of the city's own: @server"
READY_SECONDS: Final = 30.0
HERE: Final = KAFKA
"""A certificate that is for this machine's own address."""
ELSEWHERE: Final = Holder.of_service("elsewhere")
"""One that is for a name which nobody here connects to."""


def debian_programs(say: Callable[[str], None]) -> Path:
    """Where the server's programs are; root has them installed.

    Raises:
        ProgramMissing: they are not there and cannot be had.
    """
    find_programs({"pg_lsclusters": "postgresql"}, "A PostgreSQL with TLS", say)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        raise ProgramMissing(
            "A PostgreSQL with TLS needs its server; install with: apt-get install postgresql"
        )
    return found[-1].parent


@dataclass(slots=True)
class TlsPostgres:
    """One server in `folder`, which takes TLS only, with a certificate of an authority of its own."""

    programs: Path
    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @staticmethod
    def start(programs: Path, folder: Path, holder: Holder = HERE) -> "TlsPostgres":
        one = TlsPostgres(programs, folder, free_port())
        folder.mkdir(mode=0o700)
        issued = Authority.make(folder / "authority.key", one.authority).issue(holder)
        _write(folder / "server.key", issued.key)
        _write(folder / "server.pem", issued.chain)
        _write(folder / "password", PASSWORD.encode())
        footed = footing(folder)
        one._run(
            *footed.prefix,
            str(programs / "initdb"),
            "--pgdata",
            str(folder / "data"),
            *_INITDB,
            str(folder / "password"),
        )
        (folder / "data" / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
        settings = {
            "port": str(one.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
            "ssl": "on",
            "ssl_cert_file": str(folder / "server.pem"),
            "ssl_key_file": str(folder / "server.key"),
            "max_connections": "200",
            "fsync": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("ab") as log:
            one.process = subprocess.Popen(
                [*footed.prefix, str(programs / "postgres"), "-D", str(folder / "data"), *options],
                stdout=log,
                stderr=log,
                env=bare_environment(),
                cwd=folder,
            )
        one._wait_ready()
        return one

    @property
    def authority(self) -> Path:
        return self.folder / "authority.pem"

    def url(self, authority: Path | None = None) -> str:
        """An administrator's, which checks the server's certificate and its name."""
        root = quote(str(authority or self.authority))
        return (
            f"postgres://postgres:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/postgres"
            f"?sslmode=verify-full&sslrootcert={root}"
        )

    def stop(self, *, keeps_authority: bool = False) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
        if not keeps_authority:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_ready(self) -> None:
        asked = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        deadline = time.monotonic() + READY_SECONDS
        while subprocess.run(asked, env=bare_environment(), check=False).returncode != 0:
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command, env=bare_environment(), cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


_INITDB: Final = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-locale",
    "--no-sync",
    "--pwfile",
)


def _write(file: Path, content: bytes) -> None:
    file.touch(mode=0o600)
    file.write_bytes(content)
