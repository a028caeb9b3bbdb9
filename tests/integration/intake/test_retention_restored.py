"""What was destroyed goes again at the next start where it came back: with an older database, or as a commit
was lost. What was refused is not done then.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from services.intake.adapters.postgres_retention import PostgresRetention
from services.intake.adapters.tombstones import Tombstone, Tombstones
from tests.support.merges import Merges
from tests.support.people import invented_person
from tests.support.retention import MONTH, YEAR, Retention


async def test_an_older_database_loses_it_again_at_the_next_start(retention: Retention) -> None:
    person, erased, other = [await retention.intake.person() for _ in range(3)]
    for table in ("data_key", "sealed_record", "blind_index", "beneficiary"):
        await retention.superuser.execute(f"create table intake.older_{table} as table intake.{table}")
    await retention.hold(other)
    await retention.time_passes(YEAR + MONTH)
    await retention.destroy()
    before = await retention.key_ids(person)
    await retention.superuser.execute("set session_replication_role = replica")
    for table in ("destroyed_key", "destruction", "data_key", "sealed_record", "blind_index"):
        await retention.superuser.execute(f"delete from intake.{table}")
    for table in ("data_key", "sealed_record", "blind_index"):
        await retention.superuser.execute(f"insert into intake.{table} table intake.older_{table}")
    await retention.superuser.execute("update intake.beneficiary set version = 1")
    await retention.superuser.execute("set session_replication_role = origin")
    assert (await retention.fields(person) or {})["contacts"] != ()
    assert await retention.start_again() == 2
    assert await retention.start_again() == 0
    for gone in (person, erased):
        assert (await retention.fields(gone) or {})["contacts"] == ()
        assert (await retention.fields(gone) or {})["names"]
    assert (await retention.fields(other) or {})["contacts"] != ()
    assert (await retention.key_ids(person))["core"] == before["core"]
    [row] = await retention.intake.rows("select cause, sealed_words from destruction")
    assert (row["cause"], row["sealed_words"]) == ("RESTORED", None)
    [*_, event] = await retention.intake.told("RetentionDestroyed")
    assert DisclosureEvent.FromString(event["payload"]).retention_destroyed.is_restored


@pytest.mark.parametrize("kept_is_erased", [True, False])
async def test_a_merge_that_comes_back_with_an_older_database_parts_who_was_erased_from_who_was_not(
    retention: Retention, kept_is_erased: bool
) -> None:
    """They were un-merged and one of them was erased since; the older database has them as one."""
    kept, merged = await retention.intake.person(), await retention.intake.person()
    await Merges(retention.intake).merge(kept, merged)
    erased, living = (kept, merged) if kept_is_erased else (merged, kept)
    Tombstones(retention.keys_folder).add(Tombstone(erased, datetime.now(UTC)))
    await retention.start_again()
    await retention.start_again()
    await retention.update(living, invented_person())
    await retention.time_passes(YEAR + MONTH)
    async with asyncio.timeout(10):
        assert (await retention.destroy()).people == 1
    assert (await retention.fields(living) or {})["contacts"] == ()
    assert len(await retention.intake.told("BeneficiariesUnmerged")) == 1


async def test_a_lost_commit_is_made_true_at_the_next_start(
    retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await retention.intake.person()
    await retention.time_passes(YEAR + MONTH)
    write = Tombstones.add

    def written_and_killed(*arguments: Any) -> None:
        write(*arguments)
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(Tombstones, "add", written_and_killed)
        with pytest.raises(ConnectionError):
            await retention.destroy()
    assert (await retention.fields(person) or {})["contacts"] != ()
    assert await retention.start_again() == 1
    assert (await retention.fields(person) or {})["contacts"] == ()
    assert await retention.due() == {}


async def test_what_was_broken_off_is_not_done_at_the_next_start(
    retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tombstones are the last that is written before the commit, so nothing leads to what came before."""
    erased = await retention.intake.person()
    await retention.time_passes(5 * YEAR)
    person = await retention.intake.person()
    await retention.time_passes(YEAR + MONTH)

    async def broken_off(*_: Any) -> int:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(PostgresRetention, "waiting", broken_off)
        with pytest.raises(ConnectionError):
            await retention.destroy()
    assert Tombstones(retention.keys_folder).read() == []
    await retention.start_again()
    assert (await retention.fields(erased) or {})["names"]
    assert (await retention.fields(person) or {})["contacts"] != ()
