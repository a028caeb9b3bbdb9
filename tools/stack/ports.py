"""Which ports a stack uses: a free hundred, 7400 first, the same one again as long as it is free."""

import contextlib
import secrets
import socket
import sys
from dataclasses import dataclass, field

from tools.stack.failure import StackFailure

FIRST_BASE = 7400
LAST_BASE = 9900
FIRST_LOOSE_PORT = 10_500
LAST_LOOSE_PORT = 32_000
_DOORS = {"intake": 10, "referral": 11, "notifications": 12, "access": 13, "audit": 14, "console": 20}
"""Where each service answers: gRPC, and the console's pages."""
_METRICS = 20


@dataclass(slots=True)
class Ports:
    """The ports above `base`; `claim` keeps another stack of this machine from choosing the same hundred.

    Args:
        advertised_broker: where a single broker sends its clients, if something stands in between; else 0.
    """

    base: int
    claim: socket.socket | None = field(default=None, repr=False)
    advertised_broker: int = 0

    @property
    def postgres(self) -> int:
        return self.base

    @property
    def brokers(self) -> list[int]:
        """Of up to three brokers."""
        return [self.base + number for number in (1, 2, 3)]

    @property
    def controllers(self) -> list[int]:
        """Where Apache Kafka's nodes speak among themselves."""
        return [self.base + number for number in (4, 5, 6)]

    def door(self, service: str) -> int:
        """Where the service answers."""
        return self.base + _DOORS[service]

    def metrics(self, service: str) -> int:
        return self.door(service) + _METRICS

    def all(self) -> list[int]:
        doors = [self.door(service) for service in _DOORS]
        servers = [self.postgres, *self.brokers, *self.controllers]
        return [*servers, *doors, *(port + _METRICS for port in doors)]

    def taken(self) -> int | None:
        """The first of the ports that another program uses."""
        return next((port for port in self.all() if not is_free(port)), None)

    def release(self) -> None:
        """Lets another stack have the hundred."""
        if self.claim is not None:
            self.claim.close()
            self.claim = None


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def choose(wanted: int | None, previous: int | None) -> Ports:
    """Claims a hundred of ports: the wanted one, or the previous one, or the next that is free.

    Raises:
        StackFailure: the wanted ports, or all of them, are taken.
    """
    if wanted is not None:
        ports = _claimed(wanted)
        if ports is None or (taken := ports.taken()) is not None:
            which = f"Port {taken}" if ports else f"The ports from {wanted} on"
            if ports is not None:
                ports.release()
            raise StackFailure(
                f"{which} is used by another program; end it, or leave out --base-port to get free ports."
            )
        return ports
    bases = dict.fromkeys([previous or FIRST_BASE, *range(FIRST_BASE, LAST_BASE + 1, 100)])
    for base in bases:
        ports = _claimed(base)
        if ports is not None:
            if ports.taken() is None:
                return ports
            ports.release()
    raise StackFailure(f"No hundred of ports from {FIRST_BASE} to {LAST_BASE} is free; end what uses them.")


def _claimed(base: int) -> Ports | None:
    if sys.platform != "linux":
        return Ports(base)
    claim = socket.socket(socket.AF_UNIX)
    with contextlib.suppress(OSError):
        claim.bind(f"\0kem-ports-{base}")  # an abstract name: it goes with the process
        return Ports(base, claim)
    claim.close()
    return None


def free_port() -> int:
    """Any port that nobody listens on now.

    Below those that the system gives to clients' connections: one of these may be gone before a server binds.
    Drawn at random, so that two who look at the same moment find different ones.
    """
    while True:
        port = FIRST_LOOSE_PORT + secrets.randbelow(LAST_LOOSE_PORT - FIRST_LOOSE_PORT)
        if is_free(port):
            return port
