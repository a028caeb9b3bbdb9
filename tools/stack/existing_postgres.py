"""A PostgreSQL that runs already, reached by an administrator's URL; the hub gets a database of its own."""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from tools.stack.failure import StackFailure
from tools.stack.footing import installed_programs
from tools.stack.postgres_admin import DATABASE, Passwords, PostgresAdmin
from tools.stack.process import last_line

OLDEST_VERSION: Final = 17
SCHEMES: Final = ("postgres", "postgresql")
_PARAMETERS: Final = ("sslmode", "sslrootcert", "sslcert", "sslkey")
_SSLMODES: Final = ("verify-full", "verify-ca", "require", "disable")
"""Without `prefer` and `allow`: they go on in plain where somebody in between says that there is no TLS."""
_DEFAULT_PORT: Final = 5432

_ABOUT_US: Final = """
    SELECT current_setting('server_version_num')::int / 10000, rolsuper::int FROM pg_roles
     WHERE rolname = current_user
"""
_ANOTHER_HUBS: Final = """
    SELECT 'the database ' || datname FROM pg_database WHERE datname = '{database}'
    UNION ALL SELECT 'the role ' || rolname FROM pg_roles WHERE rolname IN ({roles}) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class AdminUrl:
    """An administrator's URL, taken apart; the password is shown nowhere."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    parameters: dict[str, str]

    @property
    def place(self) -> str:
        """HOST:PORT, as people say it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> "AdminUrl":
        """Raises StackFailure, without quoting the URL, when it is none that can be used.

        Where it names no `sslmode`, another machine has to prove who it is: by `sslrootcert` and its name.
        """
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port or _DEFAULT_PORT
        except ValueError:
            host = None
        if not host or parts.scheme not in SCHEMES or not parts.username:
            raise StackFailure(
                "The database's address is not one that can be used; it looks like"
                " postgres://ADMINISTRATOR:PASSWORD@HOST:PORT/postgres (%40 for @ in a password).",
                exit_code=2,
            )
        given = dict(parse_qsl(parts.query))
        unknown = sorted(given.keys() - set(_PARAMETERS))
        if unknown:
            raise StackFailure(
                f"The database's address has {unknown[0]}=…, which is not known;"
                f" it may have {', '.join(_PARAMETERS)}.",
                exit_code=2,
            )
        if given.get("sslmode", _SSLMODES[0]) not in _SSLMODES:
            raise StackFailure(
                f"The database's address has sslmode={given['sslmode']}, which does not say whether the"
                f" connection is by TLS; it may be {', '.join(_SSLMODES[:-1])} or {_SSLMODES[-1]}.",
                exit_code=2,
            )
        return cls(
            host,
            port,
            unquote(parts.username),
            unquote(parts.password or ""),
            unquote(parts.path.lstrip("/")) or "postgres",
            {"sslmode": given.get("sslmode") or _sslmode_of(host, given)} | given,
        )


class ExistingPostgres(PostgresAdmin):
    """The server behind an administrator's URL; the hub's own passwords are given to it later."""

    def __init__(self, admin: AdminUrl) -> None:
        self.host, self.port = admin.host, admin.port
        self.superuser, self.maintenance_database = admin.user, admin.database
        self.parameters = admin.parameters
        self.passwords = Passwords(admin.password, "", "", {})

    @property
    def programs(self) -> Path:
        """The machine's own psql where there is one: ours speaks no TLS."""
        own = shutil.which("psql")
        if own is None and self.parameters["sslmode"] != "disable":
            raise StackFailure(
                "A connection by TLS to PostgreSQL needs psql; install it: apt-get install postgresql-client"
            )
        return installed_programs() if own is None else Path(own).parent

    def check(self) -> None:
        """Raises StackFailure unless it answers, is new enough, and lets us make roles."""
        done = self._psql(_ABOUT_US, database=self.maintenance_database, check=False)
        if done.returncode != 0:
            said = last_line(done.stderr).removeprefix("psql: ")
            raise StackFailure(f"PostgreSQL at {self.address} cannot be used: {said}")
        version, is_superuser = map(int, done.stdout.strip().split("|"))
        if version < OLDEST_VERSION:
            raise StackFailure(
                f"PostgreSQL at {self.address} has version {version}; KEM needs {OLDEST_VERSION} or newer."
            )
        if not is_superuser:
            raise StackFailure(
                f"{self.superuser} is not a superuser of PostgreSQL at {self.address}, and roles that see"
                " every row have to be made; give the address of one who is."
            )

    def refuse_another_hub(self, schemas: Iterable[str]) -> None:
        """Raises StackFailure when a hub's database or roles are there: ours would change its passwords."""
        roles = [f"'{schema}_{kind}'" for schema in schemas for kind in ("owner", "app", "worker")]
        query = _ANOTHER_HUBS.format(
            database=DATABASE, roles=", ".join([*roles, "'kem_migrator'", "'kem_check'"])
        )
        there = self.execute(query, self.maintenance_database).strip()
        if there:
            raise StackFailure(
                f"PostgreSQL at {self.address} has {there} already, perhaps another hub's: start that one"
                " from its own data folder, or take another server, or drop it there."
            )


def url_of(given: str) -> str:
    """What `--database` means: `embedded`, an administrator's URL, or the path of a file that holds one.

    Raises:
        StackFailure: there is no such file.
    """
    if given == "embedded" or given.split("://")[0] in SCHEMES:
        return given
    try:
        return Path(given).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StackFailure(
            f"--database is embedded, a URL postgres://…, or a file that holds one; {given} cannot be read"
            f" ({os.strerror(error.errno or 0)}).",
            exit_code=2,
        ) from None


def _sslmode_of(host: str, given: Mapping[str, str]) -> str:
    if "sslrootcert" in given:
        return "verify-full"
    if _is_this_machine(host):
        return "disable"
    raise StackFailure(
        f"The database is at another machine, {host}, and its address does not say by which authority that"
        " one is known: add sslrootcert=/PATH/OF/THE/AUTHORITY.pem (certificate and name are checked then),"
        " or sslmode=require where you accept that nobody checks who answers there.",
        exit_code=2,
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
