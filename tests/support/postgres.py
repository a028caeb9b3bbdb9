"""A real PostgreSQL for tests: one server a session, a template per set of schemas, a copy per test."""

import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tools.stack.ports import free_port
from tools.stack.postgres import PostgresServer
from tools.stack.postgres_admin import Passwords

_SCHEMAS = ("intake", "referral", "notifications", "access", "audit")
_PASSWORDS = Passwords(
    superuser="test-superuser",
    migrator="test-migrator",
    check="test-check",
    schemas={(schema, kind): f"test-{kind}" for schema in _SCHEMAS for kind in ("app", "worker")},
)
_SERVER_KEY = "kem_postgres"
_MEMORY = Path("/dev/shm")
_MEMORY_NEEDED_BYTES = 2 * 1024**3
_PREFIX = "kem-test-"


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """An empty, migrated database of one test; `schemas[0]` is the default of each URL."""

    server: PostgresServer
    name: str
    schemas: tuple[str, ...]

    def app_url(self, schema: str | None = None) -> str:
        """For calls: bound by row-level security."""
        return self.server.url(f"{schema or self.schemas[0]}_app", self.name)

    def worker_url(self, schema: str | None = None) -> str:
        """For batches, timers and the relay."""
        return self.server.url(f"{schema or self.schemas[0]}_worker", self.name)

    @property
    def check_url(self) -> str:
        """Reads every schema, writes nothing, sees every row."""
        return self.server.url("kem_check", self.name)

    @property
    def superuser_url(self) -> str:
        """May do everything: for planting what no service would write."""
        return self.server.url("postgres", self.name)

    def execute(self, statements: str) -> str:
        """Runs the statements as superuser; answers rows unaligned, one a line."""
        return self.server.execute(statements, self.name)


MakeDatabase = Callable[..., FreshDatabase]


def _server(folder: Path, port: int) -> PostgresServer:
    # copying files is ten times faster than the log in memory, and three times slower on a disk
    strategy = "FILE_COPY" if folder.is_relative_to(_MEMORY) else "WAL_LOG"
    log = folder / "postgres.log"
    return PostgresServer(folder, port, _PASSWORDS, log, is_durable=False, copy_strategy=strategy)


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A folder for the session's server, in memory where there is plenty; gone afterwards."""
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_NEEDED_BYTES
    place = _MEMORY if in_memory and os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for left in place.glob(f"{_PREFIX}*"):  # of a session that was killed
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _SharedServer:
    """With pytest-xdist the controller owns the one server, and each worker is told where it is."""

    def __init__(self) -> None:
        self._held = ExitStack()
        self.server = _server(self._held.enter_context(_scratch_folder()), free_port())
        self.server.start()

    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[_SERVER_KEY] = json.dumps([str(self.server.folder), self.server.port])

    def pytest_unconfigure(self) -> None:
        self.server.stop()
        self._held.close()


def pytest_configure(config: pytest.Config) -> None:
    """Starts the shared server when tests run in several processes."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_SharedServer())


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """The server of this session; durability is off, everything else is as in the stack."""
    told = getattr(request.config, "workerinput", {}).get(_SERVER_KEY)
    if told:
        folder, port = json.loads(told)
        yield _server(Path(folder), port)
        return
    with _scratch_folder() as folder:
        server = _server(folder, free_port())
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def database_template(postgres_server: PostgresServer) -> Callable[[tuple[str, ...]], str]:
    """Answers the name of a database in which the schemas stand migrated and empty."""
    made: dict[tuple[str, ...], str] = {}

    def template(schemas: tuple[str, ...]) -> str:
        if schemas not in made:
            name = f"template_{'_'.join(schemas)}_{os.getpid()}"
            postgres_server.create_database(name)
            for schema in schemas:
                postgres_server.prepare(schema, name)
            made[schemas] = name
        return made[schemas]

    return template


_NUMBERS = itertools.count(1)


@pytest.fixture
def fresh_database(
    postgres_server: PostgresServer, database_template: Callable[[tuple[str, ...]], str]
) -> Iterator[MakeDatabase]:
    """Makes databases for one test: `fresh_database(schemas=("referral",))`; they are dropped after it."""
    names: list[str] = []

    def make(schemas: tuple[str, ...] = ("referral",)) -> FreshDatabase:
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        postgres_server.create_database(name, database_template(schemas))
        names.append(name)
        return FreshDatabase(postgres_server, name, schemas)

    yield make
    for name in names:
        postgres_server.drop_database(name)
