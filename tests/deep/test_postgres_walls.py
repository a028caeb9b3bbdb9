"""The story: a town's hub has its PostgreSQL elsewhere, over a network that others use too.
The breakage: another authority's server answers; one with a certificate for another name; a plain connection.
What must still hold: each login of each service comes by TLS and to the server that was meant; whatever else
answers there is refused in one clear sentence.

The whole hub cannot run on Debian's PostgreSQL 15: it lacks its grants of roles and some of its settings.
"""

import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from chassis import postgres
from chassis.postgres import Database
from tests.support.tls_postgres import ELSEWHERE, TlsPostgres, debian_programs
from tools.stack import existing_postgres
from tools.stack.debian import ProgramMissing
from tools.stack.existing_postgres import AdminUrl, ExistingPostgres
from tools.stack.failure import StackFailure
from tools.stack.layout import ROOT
from tools.stack.postgres_admin import KINDS, Passwords
from tools.stack.services import schemas_of, services_of


@pytest.fixture(scope="module")
def programs() -> Path:
    try:
        return debian_programs(print)
    except ProgramMissing as missing:
        pytest.skip(missing.sentence)


@pytest.fixture
def server(programs: Path, tmp_path: Path) -> Iterator[TlsPostgres]:
    one = TlsPostgres.start(programs, tmp_path / "here")
    yield one
    one.stop()


@pytest.fixture(autouse=True)
def an_older_one_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's is older than what a hub runs on; TLS it has."""
    monkeypatch.setattr(existing_postgres, "OLDEST_VERSION", 15)
    monkeypatch.setattr(postgres, "session_settings", lambda schema: {"search_path": schema})


def sentence_of(url: str) -> str:
    """Why a server cannot be used; empty where it can."""
    try:
        ExistingPostgres(AdminUrl.parse(url)).check()
    except StackFailure as failure:
        return failure.sentence
    return ""


async def test_every_login_of_every_service_comes_by_tls_and_to_nobody_else(
    server: TlsPostgres, programs: Path, tmp_path: Path
) -> None:
    """Through the pool that a service opens, by the address that `./kem up --database` gives it."""
    schemas = schemas_of(services_of(ROOT))
    logins = {(schema, kind): f"of {schema} {kind}: @" for schema in schemas for kind in KINDS}
    existing = ExistingPostgres(AdminUrl.parse(server.url()))
    existing.passwords = Passwords(existing.passwords.superuser, "", "", logins)
    for (service, kind), password in logins.items():
        existing.execute(f"create role {service}_{kind} login password '{password}'", "postgres")
    for service, kind in logins:
        url = existing.url(f"{service}_{kind}", "postgres")
        assert await come(url) == (f"{service}_{kind}", True, "TLSv1.3")
    other = TlsPostgres.start(programs, tmp_path / "there")
    other.stop(keeps_authority=True)
    with pytest.raises(ssl.SSLCertVerificationError):
        await come(url.replace(quote(str(server.authority)), quote(str(other.authority))))


async def come(url: str) -> tuple[str, bool, str]:
    """As whom a service's pool is known at the server, and over what."""
    database = await Database.open(url, schema="public")
    try:
        row = await database.pool.fetchrow(
            "select session_user::text, ssl, version from pg_stat_ssl where pid = pg_backend_pid()"
        )
        return row["session_user"], row["ssl"], row["version"]
    finally:
        await database.close()


def test_another_authoritys_server_is_refused_in_one_sentence(
    server: TlsPostgres, programs: Path, tmp_path: Path
) -> None:
    assert sentence_of(server.url()) == ""
    other = TlsPostgres.start(programs, tmp_path / "there")
    try:
        said = sentence_of(server.url(other.authority))
    finally:
        other.stop()
    assert "certificate verify failed" in said
    assert said.startswith(f"PostgreSQL at 127.0.0.1:{server.port} cannot be used")
    assert "\n" not in said


def test_a_certificate_for_another_name_is_refused_in_one_sentence(programs: Path, tmp_path: Path) -> None:
    one = TlsPostgres.start(programs, tmp_path / "misnamed", ELSEWHERE)
    try:
        said = sentence_of(one.url())
    finally:
        one.stop()
    assert 'does not match host name "127.0.0.1"' in said
    assert "\n" not in said


def test_who_answers_is_checked_also_where_the_address_names_an_authority_only(
    server: TlsPostgres, programs: Path, tmp_path: Path
) -> None:
    unnamed = server.url().replace("sslmode=verify-full&", "")
    assert sentence_of(unnamed) == ""
    other = TlsPostgres.start(programs, tmp_path / "there")
    try:
        said = sentence_of(other.url(server.authority).replace("sslmode=verify-full&", ""))
        accepted = sentence_of(other.url().partition("?")[0] + "?sslmode=require")
    finally:
        other.stop()
    assert "certificate verify failed" in said
    assert accepted == "", "whoever names it accepts that nobody checks"


def test_a_connection_in_plain_is_refused(server: TlsPostgres) -> None:
    plain = server.url().partition("?")[0] + "?sslmode=disable"
    assert "no pg_hba.conf entry" in sentence_of(plain)
