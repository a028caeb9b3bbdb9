"""A hub on a PostgreSQL that somebody else runs: it remembers, is careful, and takes its things away."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.stack.choice import choose_servers
from tools.stack.debian import ProgramMissing, find_programs
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout
from tools.stack.options import StackOptions
from tools.stack.ports import free_port
from tools.stack.postgres import PostgresServer
from tools.stack.postgres_admin import DATABASE, Passwords
from tools.stack.servers import ServersAsked
from tools.stack.stack import Stack

_SECRET = "of the/city's own: @server"


@pytest.fixture
def citys_postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    """A server that knows nothing of a hub."""
    folder = tmp_path / "city"
    folder.mkdir()
    server = PostgresServer(
        folder, free_port(), Passwords(_SECRET, "", "", {}), folder / "log", is_durable=False
    )
    server.start()
    yield server
    server.stop()


def _on(folder: Path, url: str | None) -> Stack:
    asked = ServersAsked.of(None, None, url)
    return Stack(folder, StackOptions(is_durable=False, services=(), servers=asked))


def _databases(server: PostgresServer) -> set[str]:
    return set(server.execute("select datname from pg_database", "postgres").split())


async def test_a_hub_makes_its_database_goes_on_with_it_and_lets_no_other_hub_have_it(
    citys_postgres: PostgresServer, tmp_path: Path
) -> None:
    url = citys_postgres.url("postgres", "postgres")
    for again in (url, None):
        stack = _on(tmp_path / "one", again)
        await stack.start()
        assert DATABASE in _databases(citys_postgres)
        assert "postgresql" not in stack.parts
        assert stack.addresses["postgresql"] == citys_postgres.address
        await stack.stop()
        await stack.leave_no_trace()
        if again is None:
            assert DATABASE in _databases(citys_postgres), "only a first start may take away what it made"
        else:
            stack.postgres.create_database()
    other = _on(tmp_path / "other", url)
    with pytest.raises(StackFailure, match="has the database kem already, perhaps another hub's"):
        await other.start()
    await other.leave_no_trace()
    assert DATABASE in _databases(citys_postgres)
    assert choose_servers(Layout(tmp_path / "other"), None, None, None)[1], "a refusal is not remembered"


async def test_a_fresh_hub_takes_its_database_and_roles_away(
    citys_postgres: PostgresServer, tmp_path: Path
) -> None:
    before = _databases(citys_postgres)
    stack = _on(tmp_path / "fresh", citys_postgres.url("postgres", "postgres"))
    await stack.start()
    await stack.stop()
    await stack.leave_no_trace()
    assert _databases(citys_postgres) == before


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("create role clerk login password 'clerk'", "clerk is not a superuser"),
        ("create role clerk login password 'another'", "cannot be used: .*password authentication failed"),
    ],
)
async def test_an_administrator_who_cannot_do_it_is_told_so(
    citys_postgres: PostgresServer, tmp_path: Path, statement: str, words: str
) -> None:
    citys_postgres.execute(statement, "postgres")
    with pytest.raises(StackFailure, match=words) as caught:
        await _on(tmp_path / "hub", f"postgres://clerk:clerk@{citys_postgres.address}/postgres").start()
    assert "clerk:clerk" not in str(caught.value)


async def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    place = f"127.0.0.1:{free_port()}"
    with pytest.raises(StackFailure, match=f"PostgreSQL at {place} cannot be used"):
        await _on(tmp_path / "one", f"postgres://admin@{place}/postgres").start()
    options = StackOptions(services=(), servers=ServersAsked(place))
    with pytest.raises(StackFailure, match=f"No Kafka answers at {place}"):
        await Stack(tmp_path / "two", options).start()


def test_a_program_that_an_ordinary_user_lacks_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nowhere")
    needed = {"java": "default-jre-headless", "mvn": "maven"}
    with pytest.raises(ProgramMissing) as caught:
        find_programs(needed, "Apache Kafka", print)
    assert caught.value.sentence == (
        "Apache Kafka needs java and mvn; install with: apt-get install default-jre-headless maven"
    )
