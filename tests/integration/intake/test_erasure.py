"""An erased person is unreadable from the commit on, and stays so when an older database comes back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chassis.caller import Caller
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.errors import NotFound, RuleBroken
from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.keys import KeysUnusable
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.root_key import open_keys
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.identifiers import IdentifierField
from services.intake.use_cases.erase_beneficiary import erase_beneficiary, replay_tombstones
from services.intake.use_cases.get_beneficiary import get_beneficiary
from services.intake.use_cases.search_beneficiaries import IdentifierText
from tests.support.people import invented_person
from tests.support.postgres import FreshDatabase, MakeDatabase
from tests.support.vault import OpenVault, open_vault, worker_of

METHOD = "/kem.intake.v1.IntakeService/Any"
HUB = Caller.of_service("intake")


@pytest.fixture
def fresh(fresh_database: MakeDatabase) -> FreshDatabase:
    return fresh_database(schemas=("intake",))


@pytest.fixture
async def opened(fresh: FreshDatabase, tmp_path: Path) -> AsyncIterator[OpenVault]:
    async with open_vault(fresh, tmp_path) as opened:
        yield opened


async def erase(opened: OpenVault, person: BeneficiaryId, folder: Path) -> None:
    async with opened.database.transaction(worker_of()) as tx:
        await erase_beneficiary(person, tx, opened.people, Tombstones(folder), PostgresRecalls())


async def rows_of(opened: OpenVault, person: BeneficiaryId) -> dict[str, int]:
    async with opened.database.transaction(HUB) as tx:
        return {
            table: await tx.connection.fetchval(
                f"select count(*) from {table} where beneficiary_id = $1", person
            )
            for table in ("data_key", "blind_index", "sealed_record")
        }


async def told(opened: OpenVault, fact: str) -> list[Any]:
    async with opened.database.transaction(HUB) as tx:
        rows = await tx.connection.fetch("select payload from outbox order by id")
    events = [IntakeEvent.FromString(row["payload"]) for row in rows]
    return [getattr(event, fact) for event in events if event.WhichOneof("fact") == fact]


async def test_an_erased_person_is_found_and_read_by_nobody(opened: OpenVault, tmp_path: Path) -> None:
    beneficiary = invented_person()
    person, other = await opened.register(beneficiary), await opened.register(invented_person())
    await erase(opened, person, tmp_path)
    found = await rows_of(opened, person)
    assert (found["data_key"], found["blind_index"]) == (0, 0)
    assert found["sealed_record"] > 0, "what is sealed may stay: nobody can open it"
    async with opened.database.transaction(worker_of()) as tx:
        with pytest.raises(RuleBroken) as refused:
            await get_beneficiary(person, METHOD, tx, opened.people)
        assert refused.value.stable_reason == "BENEFICIARY_ERASED"
    async with opened.database.transaction(worker_of()) as tx:
        assert await opened.people.fields(tx, person) is None
        assert (await get_beneficiary(other, METHOD, tx, opened.people)).version == 1
    assert await opened.find(IdentifierText(IdentifierField.PHONE, beneficiary.contacts[0].value)) == []
    (news,) = await told(opened, "profile_changed")
    assert (news.beneficiary_id, news.profile_version) == (str(person), 2)


async def test_whoever_comes_second_hears_that_it_was_done(opened: OpenVault, tmp_path: Path) -> None:
    person = await opened.register(invented_person())
    await erase(opened, person, tmp_path)
    for wrong, error in ((person, RuleBroken), (BeneficiaryId(random_id()), NotFound)):
        with pytest.raises(error):
            await erase(opened, wrong, tmp_path)
    assert len(Tombstones(tmp_path).read()) == 1


async def test_a_tombstone_without_its_commit_is_made_true_at_the_next_start(
    opened: OpenVault, tmp_path: Path
) -> None:
    person = await opened.register(invented_person())

    async def killed_before_its_commit() -> None:
        async with opened.database.transaction(worker_of()) as tx:
            await erase_beneficiary(person, tx, opened.people, Tombstones(tmp_path), PostgresRecalls())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await killed_before_its_commit()
    assert (await rows_of(opened, person))["data_key"] > 0
    assert (
        await replay_tombstones(Tombstones(tmp_path), opened.database, opened.people, PostgresRecalls()) == 1
    )
    assert (await rows_of(opened, person))["data_key"] == 0
    assert (
        await replay_tombstones(Tombstones(tmp_path), opened.database, opened.people, PostgresRecalls()) == 0
    )
    assert len(await told(opened, "profile_changed")) == 1


async def test_an_older_database_is_erased_again_and_keeps_everybody_else(
    opened: OpenVault, fresh: FreshDatabase, tmp_path: Path
) -> None:
    people = [await opened.register(invented_person()) for _ in range(3)]
    fresh.execute(
        "create table intake.older as table intake.data_key;"
        "create table intake.older_index as table intake.blind_index"
    )
    for person in people[:2]:
        await erase(opened, person, tmp_path)
    (first, second) = Tombstones(tmp_path).read()
    fresh.execute(
        "insert into intake.data_key table intake.older on conflict do nothing;"
        "insert into intake.blind_index table intake.older_index on conflict do nothing;"
        "update intake.beneficiary set erased_time = null"
    )
    assert (await rows_of(opened, people[0]))["data_key"] > 0
    Tombstones(tmp_path).add(
        type(first)(BeneficiaryId(random_id()), first.erased_time)
    )  # not in this database
    assert (
        await replay_tombstones(Tombstones(tmp_path), opened.database, opened.people, PostgresRecalls()) == 2
    )
    for person, tombstone in zip(people, (first, second), strict=False):
        assert (await rows_of(opened, person))["data_key"] == 0
        async with opened.database.transaction(HUB) as tx:
            query = "select erased_time from beneficiary where beneficiary_id = $1"
            assert await tx.connection.fetchval(query, person) == tombstone.erased_time
    assert (await rows_of(opened, people[2]))["data_key"] > 0


async def test_tombstones_begin_with_the_root_key_and_are_missed_from_then_on(
    fresh: FreshDatabase, fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    async with open_vault(fresh, tmp_path) as opened:
        assert Tombstones(tmp_path).read() == []
        Tombstones(tmp_path).file.unlink()
        await open_keys(opened.database, tmp_path)
        assert Tombstones(tmp_path).read() == [], "a folder from before there were tombstones gets them"
        await erase(opened, await opened.register(invented_person()), tmp_path)
        Tombstones(tmp_path).file.unlink()
        await open_keys(opened.database, tmp_path)
        with pytest.raises(KeysUnusable, match="erased people would come back"):
            await replay_tombstones(Tombstones(tmp_path), opened.database, opened.people, PostgresRecalls())
    async with open_vault(fresh_database(schemas=("intake",)), tmp_path) as empty:
        with pytest.raises(KeysUnusable, match="erased people would come back"):
            await replay_tombstones(Tombstones(tmp_path), empty.database, empty.people, PostgresRecalls())
