"""The story: a service is started again and again, now as it was, now with something else.
What must hold: what changed is told once, what did not is not, and nothing secret is in it.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from chassis.plain_events import PlainReader
from chassis.postgres import Database
from chassis.settings import ServiceSettings
from chassis.system_record import tell_system
from chassis.topics import ACCESS
from tests.integration.chassis.transacting import waiting

DSN = "postgres://referral_app:the-password-of-the-database@127.0.0.1:7402/kem"
SECRETS = ("the-password-of-the-database", "BEGIN PRIVATE KEY", "the-key-itself", "127.0.0.1:7402")


@pytest.fixture
def settings(tmp_path: Path) -> ServiceSettings:
    (tmp_path / "dsn").write_text(DSN)
    (tmp_path / "key").write_text("-----BEGIN PRIVATE KEY-----\nthe-key-itself\n")
    dsn, key = tmp_path / "dsn", tmp_path / "key"
    keys = ("identity_file", "certificate_file", "assertion_keys_file", "authorities_file")
    return ServiceSettings.load(
        "referral",
        database_url_file=dsn,
        worker_database_url_file=dsn,
        grpc_address="127.0.0.1:7411",
        kafka_bootstrap="127.0.0.1:7401",
        revoked_certificates_file=key,
        **dict.fromkeys(keys, key),
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a list, and two migrations of which one was never applied."""
    for name in (
        "chassis/migrations/0001_outbox.sql",
        "services/referral/migrations/9999_some_day.sql",
        "services/referral/domain/offer.py",
        "kernel/data/reasons.toml",
    ):
        file = tmp_path / "checkout" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("as it was")
    return tmp_path / "checkout"


async def told(database: Database) -> list[dict[str, Any]]:
    """What stands in the outbox, as plain values."""
    rows = await waiting(database)
    envelopes = [PlainReader().read(ACCESS, row["payload"]) for row in rows]
    return [one["system_changed"] for one in envelopes if one]


async def test_a_second_start_tells_nothing(
    database: Database, settings: ServiceSettings, root: Path
) -> None:
    assert await tell_system(database, settings, root)
    [first] = await told(database)
    assert [one["file_name"] for one in first["migrations"]] == ["0001_outbox.sql"]
    assert [one["file_name"] for one in first["policy_files"]] == ["reasons.toml"]
    assert not await tell_system(database, settings, root)
    assert len(await told(database)) == 1


async def test_a_changed_setting_is_told_once_by_its_name(
    database: Database, settings: ServiceSettings, root: Path
) -> None:
    await tell_system(database, settings, root)
    changed = settings.model_copy(update={"trace_ratio": 0.5})
    for _ in range(2):
        await tell_system(database, changed, root)
    first, second = await told(database)
    assert set(second) == {"service", "settings"}
    assert second["settings"]["setting_names"] == ["trace_ratio"]
    assert second["settings"]["sha256"] != first["settings"]["sha256"]
    await tell_system(database, settings, root)
    assert (await told(database))[-1]["settings"]["sha256"] == first["settings"]["sha256"]


async def test_where_one_process_listens_and_what_it_does_is_no_change_of_the_service(
    database: Database, settings: ServiceSettings, root: Path
) -> None:
    await tell_system(database, settings, root)
    beside = {"roles": ("stream",), "grpc_address": "127.0.0.1:9", "metrics_address": "127.0.0.1:0"}
    assert not await tell_system(database, settings.model_copy(update=beside), root)


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("kernel/data/reasons.toml", "policy_files"),
        ("chassis/migrations/0001_outbox.sql", "migrations"),
        ("services/referral/domain/offer.py", "release"),
    ],
)
async def test_a_file_that_is_another_one_now_is_told(
    database: Database, settings: ServiceSettings, root: Path, file: str, part: str
) -> None:
    await tell_system(database, settings, root)
    (root / file).write_text("as it is")
    assert await tell_system(database, settings, root)
    assert set((await told(database))[-1]) == {"service", part}


async def test_migrations_of_a_newer_release_are_not_told_again_when_it_comes_back(
    database: Database, settings: ServiceSettings, root: Path
) -> None:
    newer = root / "chassis/migrations/0002_event_log.sql"
    newer.write_text("newer")
    await tell_system(database, settings, root)
    newer.unlink()  # the release before it runs on the same tables
    assert not await tell_system(database, settings, root)
    newer.write_text("newer")
    assert not await tell_system(database, settings, root)


async def test_processes_that_start_together_tell_it_once(
    database: Database, settings: ServiceSettings, root: Path
) -> None:
    said = await asyncio.gather(*(tell_system(database, settings, root) for _ in range(6)))
    assert sorted(said) == [False] * 5 + [True]
    assert len(await told(database)) == 1


async def test_no_value_of_a_secret_nor_where_the_database_is_stands_in_what_is_told_or_kept(
    database: Database, settings: ServiceSettings, root: Path
) -> None:
    await tell_system(database, settings, root)
    [row] = await waiting(database)
    async with database.pool.acquire() as connection:
        kept = await connection.fetchval("select told::text from system_told")
    for secret in (*SECRETS, str(settings.database_url_file)):
        assert secret.encode() not in row["payload"]
        assert secret not in kept
