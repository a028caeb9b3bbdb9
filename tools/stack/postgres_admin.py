"""What a stack asks of its PostgreSQL as its superuser: a database, roles, migrations. Embedded or not."""

import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from tools.stack.failure import StackFailure
from tools.stack.process import bare_environment, last_line

ROOT = Path(__file__).resolve().parents[2]
SUPERUSER = "postgres"
DATABASE = "kem"
RESTORING = "kem_restoring"
"""Where `./kem restore` puts a backup before it takes the database's place."""
REPLACED = "kem_replaced"
"""The database whose place it took, for the moment until it is dropped."""
KINDS = ("app", "worker")
_ENVIRONMENT = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


@dataclass(frozen=True, slots=True)
class Passwords:
    """One password per login; `schemas` maps (schema, "app" | "worker") to a password."""

    superuser: str
    migrator: str
    check: str
    schemas: Mapping[tuple[str, str], str]


class PostgresAdmin(ABC):
    """A PostgreSQL and the logins that a hub has in it: give each schema its roles, then migrate.

    `parameters` say how to connect (sslmode …) and stand in every URL; `copy_strategy` is how a database is
    made from a template (CREATE DATABASE … STRATEGY).
    """

    host: str
    port: int
    passwords: Passwords
    superuser: str = SUPERUSER
    maintenance_database: str = "postgres"
    copy_strategy: str = "WAL_LOG"
    parameters: Mapping[str, str] = MappingProxyType({"sslmode": "disable"})

    @property
    @abstractmethod
    def programs(self) -> Path:
        """The folder of psql."""

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def url(self, login: str, database: str = DATABASE, **parameters: str) -> str:
        """A connection URL for the login, with its password."""
        stated = {**self.parameters, **parameters}
        rest = "&".join(f"{name}={quote(value)}" for name, value in stated.items())
        login, password = quote(login, safe=""), quote(self._password(login), safe="")
        return f"postgres://{login}:{password}@{self.address}/{database}" + (f"?{rest}" if rest else "")

    def _password(self, login: str) -> str:
        fixed = {
            self.superuser: self.passwords.superuser,
            "kem_migrator": self.passwords.migrator,
            "kem_check": self.passwords.check,
        }
        if login in fixed:
            return fixed[login]
        schema, _, kind = login.rpartition("_")
        return self.passwords.schemas[schema, kind]

    def execute(self, statements: str, database: str = DATABASE) -> str:
        """Runs the statements as superuser and answers what psql prints, unaligned, without headers."""
        return self._psql(statements, database=database).stdout

    def _psql(
        self, statements: str, *, database: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        return self._run_psql(["-c", statements], database=database, check=check)

    def _run_psql(
        self,
        arguments: Sequence[str],
        *,
        database: str,
        environment: Mapping[str, str] | None = None,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [
                str(self.programs / "psql"),
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                *arguments,
            ],
            env=self.environment(database) | dict(environment or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise StackFailure(f"PostgreSQL refused a set-up step: {done.stderr.strip()}")
        return done

    def environment(self, database: str) -> dict[str, str]:
        """For PostgreSQL's own programs: how they connect as superuser."""
        return program_environment(
            self.host, self.port, self.superuser, self.passwords.superuser, database, self.parameters
        )

    def create_database(self, name: str = DATABASE, template: str | None = None) -> None:
        """Makes the database unless it is there; from a template it must be new."""
        if template is None and name in self.databases():
            return
        source = template or "template0"
        self.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY {self.copy_strategy}',
            self.maintenance_database,
        )

    def databases(self) -> list[str]:
        """The names of all databases of the server."""
        return self.execute("SELECT datname FROM pg_database", self.maintenance_database).split()

    def drop_what_a_restore_left(self) -> None:
        """A restore that was killed leaves a copy behind, in which people may be readable who were erased."""
        for name in {RESTORING, REPLACED} & set(self.databases()):
            self.drop_database(name)

    def drop_database(self, name: str) -> None:
        """Drops the database, ending its connections."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', self.maintenance_database)

    def drop_roles(self, schemas: Iterable[str]) -> None:
        """Drops the roles of these schemas, and those that all share; nothing may be left of theirs."""
        roles = [f"{schema}_{kind}" for schema in schemas for kind in ("owner", *KINDS)]
        names = ", ".join(f'"{role}"' for role in (*roles, "kem_migrator", "kem_check"))
        self.execute(f"DROP ROLE IF EXISTS {names}", self.maintenance_database)

    def prepare(self, schema: str, database: str = DATABASE) -> None:
        """Makes the schema with its roles and brings its tables up to date. Repeat-safe."""
        self.give_roles(schema, database)
        self.migrate(schema, database)

    def give_roles(self, schema: str, database: str = DATABASE) -> None:
        """Makes the schema with its roles and their rights; no tables. Repeat-safe."""
        self._run_psql(
            ["-o", os.devnull, "-v", f"schema={schema}", "-f", str(ROOT / "deploy/postgres/roles.sql")],
            database=database,
            environment={
                "KEM_MIGRATOR_PASSWORD": self.passwords.migrator,
                "KEM_CHECK_PASSWORD": self.passwords.check,
                "KEM_APP_PASSWORD": self._password(f"{schema}_app"),
                "KEM_WORKER_PASSWORD": self._password(f"{schema}_worker"),
            },
        )

    def migrate(self, schema: str, database: str = DATABASE) -> None:
        """Runs the migrations of the chassis and of the service that are not done yet, as the owner."""
        folders = [ROOT / "chassis" / "migrations", ROOT / "services" / schema / "migrations"]
        present = [part for folder in folders if any(folder.glob("*.sql")) for part in ("-d", str(folder))]
        if not present:
            return
        url = self.url("kem_migrator", database, role=f"{schema}_owner", search_path=schema)
        done = subprocess.run(
            [
                *(_dbmate(), *present, "--migrations-table", f"{schema}.schema_migrations"),
                *("--no-dump-schema", "--env", "KEM_MIGRATION_URL", "--env-file", os.devnull, "migrate"),
            ],
            env=bare_environment() | {"KEM_MIGRATION_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StackFailure(f"A migration of {schema} failed: {last_line(done.stderr or done.stdout)}")
        self._psql(
            f"REVOKE INSERT, UPDATE, DELETE ON {schema}.schema_migrations FROM {schema}_app, {schema}_worker",
            database=database,
        )


def program_environment(
    host: str, port: int, user: str, password: str, database: str, parameters: Mapping[str, str]
) -> dict[str, str]:
    """The environment by which PostgreSQL's own programs connect: no list of processes shows it."""
    return (
        bare_environment()
        | {
            "PGHOST": host,
            "PGPORT": str(port),
            "PGUSER": user,
            "PGPASSWORD": password,
            "PGDATABASE": database,
            "PGCONNECT_TIMEOUT": "5",
        }
        | {_ENVIRONMENT[name]: value for name, value in parameters.items()}
    )


@cache
def _dbmate() -> str:
    return str(Path(sys.executable).with_name("dbmate"))
