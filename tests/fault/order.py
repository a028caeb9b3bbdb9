"""What a worker process is told to do; it is handed over as one JSON argument."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from chassis.postgres import Database

SCHEMA: Final = "proof"
"""A schema of the tests' own: the chassis' tables and one for effects."""

SOURCE: Final = "referral"
"""As whom the tests' relay sends: only known sources are replayed."""

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Order:
    """One worker's life: which way of working, on which database, topic and broker.

    Args:
        way: a name of `worker.WAYS` or `sender.WAYS`.
        reads_newer: whether it is of the version that wrote the newer facts.
        tells: how many facts a sending process makes itself.
        idempotence: whether the broker is Apache Kafka, on which producers are idempotent.
    """

    way: str
    url: str
    bootstrap: str
    topic: str
    consumer: str = ""
    reads_newer: bool = False
    tells: int = 0
    idempotence: bool = False

    async def open_database(self) -> Database:
        """The way into the scratch schema."""
        return await Database.open(self.url, schema=SCHEMA, max_size=4)

    def command(self, module: str) -> list[str]:
        """How a process with this order is started."""
        return [sys.executable, "-P", "-m", module, json.dumps(asdict(self))]

    @classmethod
    def given(cls) -> Self:
        """The order of this process."""
        return cls(**json.loads(sys.argv[1]))


def environment(fault_point: str) -> dict[str, str]:
    """A bare environment in which the process finds the project, and dies where it should."""
    roots = os.pathsep.join([str(ROOT), str(ROOT / "gen")])
    return {"PATH": os.environ["PATH"], "PYTHONPATH": roots, "KEM_FAULT_POINT": fault_point}


def say(word: str) -> None:
    """Tells the test how far this process has come."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()
