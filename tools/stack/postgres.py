"""The embedded PostgreSQL: its files and its process."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tools.stack.failure import StackFailure
from tools.stack.footing import Footing, footing
from tools.stack.postgres_admin import SUPERUSER, Passwords, PostgresAdmin
from tools.stack.process import bare_environment, last_line, spawn, stop

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_statement": "none",
    # the text of a statement in error may carry a person's data
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class PostgresServer(PostgresAdmin):
    """One embedded server in `folder`; start it once, give each schema its roles, then migrate.

    Args:
        folder: holds `data/` and the server's log; survives the server.
        is_durable: off only for tests: without it a crash of the machine loses the data.
        copy_strategy: how a database is made from a template (CREATE DATABASE … STRATEGY).
    """

    folder: Path
    port: int
    passwords: Passwords
    log: Path
    is_durable: bool = True
    copy_strategy: str = "WAL_LOG"
    process: subprocess.Popen[bytes] | None = None
    _footing: Footing | None = None

    host = "127.0.0.1"

    @property
    def programs(self) -> Path:
        return self.footing.programs

    @property
    def footing(self) -> Footing:
        """As whom and from where the server runs."""
        if self._footing is None:
            self._footing = footing(self.folder)
        return self._footing

    @property
    def data(self) -> Path:
        return self.footing.home / "data"

    def initialise(self) -> None:
        """Makes the data folder where there is none; a half-made one is made anew."""
        ready = self.data.with_name("initialised")
        if ready.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.data.exists():
            subprocess.run(["rm", "-rf", "--", str(self.data)], check=True)
        password_file = self.data.with_name("superuser-password")
        password_file.touch(mode=0o600)
        password_file.write_text(self.passwords.superuser + "\n")
        if self.footing.owner is not None:
            os.chown(password_file, self.footing.owner.pw_uid, self.footing.owner.pw_gid)
        command = [
            *(*self.footing.prefix, str(self.footing.programs / "initdb")),
            *("--pgdata", str(self.data), "--username", SUPERUSER),
            *("--auth=scram-sha-256", "--pwfile", str(password_file), "--encoding=UTF8", "--no-locale"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            *(() if self.is_durable else ("--no-sync",)),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=bare_environment(),
            cwd=self.footing.home,
        )
        password_file.unlink()
        if done.returncode != 0:
            raise StackFailure(
                f"PostgreSQL could not make its files in {self.data}: {last_line(done.stderr)}"
            )
        ready.touch()

    def spawn(self) -> subprocess.Popen[bytes]:
        """Starts the server; it shuts down in order when this process dies."""
        settings = _SETTINGS | ({} if self.is_durable else _WITHOUT_DURABILITY) | {"port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = spawn(
            [*self.footing.prefix, str(self.footing.programs / "postgres"), "-D", str(self.data), *options],
            log=self.log,
            environment=bare_environment(),
            directory=self.footing.home,
            death_signal=signal.SIGINT,
        )
        return self.process

    def wait_ready(self, patience_seconds: float = 60) -> None:
        """Returns when the server answers a query.

        Raises:
            StackFailure: it ended, or did not answer in time (recovery after a crash can take a while).
        """
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                raise StackFailure(f"PostgreSQL ended at once; {self._reason()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                if self._psql("SELECT 1", database="postgres", check=False).returncode == 0:
                    return
            time.sleep(0.03)
        raise StackFailure(f"PostgreSQL did not answer within {patience_seconds:.0f} s; {self._reason()}")

    def _reason(self) -> str:
        said = self.log.read_text(errors="replace") if self.log.exists() else ""
        if "No space left on device" in said[-4000:]:
            return "the disk is full: make room and try again."
        return f"its log is {self.log} and ends with: {last_line(said)}"

    def start(self) -> None:
        """Makes the files if needed, starts the server and waits until it answers."""
        self.initialise()
        self.spawn()
        try:
            self.wait_ready()
        except StackFailure:
            self.stop()
            raise

    def stop(self) -> None:
        """Shuts down fast but in order (open transactions are rolled back)."""
        if self.process is not None:
            stop(self.process, ask=signal.SIGINT, patience_seconds=20)
            self.process = None
