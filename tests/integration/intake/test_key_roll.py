"""A roll of the keys loses nobody, whatever happens beside it and wherever it is cut off."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.errors import NotPermitted
from kernel.ids import BeneficiaryId, random_id
from kernel.vocabulary import Origin
from services.intake.adapters.file_keys import KeyFolder
from services.intake.adapters.keys import EpochDestroyed, KeyKeeper, KeyProvider, KeysUnusable, WrappedKey
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_key_rolls import KeyRoll, PostgresKeyRolls
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.root_key import open_keys
from services.intake.adapters.sealing import key_context
from services.intake.adapters.tombstones import Tombstones
from services.intake.adapters.vault import Vault
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.register_beneficiary import RegisterBeneficiary, register_beneficiary
from services.intake.use_cases.roll_keys import RollKeys, ask_for_roll
from tests.integration.chassis.waiting import until
from tests.support.people import invented_person
from tests.support.postgres import FreshDatabase, MakeDatabase
from tests.support.token import fresh_token
from tests.support.vault import OpenVault, open_vault, worker_of

HUB = Caller.of_service("intake")
OPERATOR = worker_of(None, "operator")
STEPS = 30
"""More than any roll here takes."""


class CutOff(Exception):
    """The process ends before its commit."""


@dataclass
class Rolling:
    """A vault whose keys are rolled by a process of its own, as another one of intake would have them."""

    opened: OpenVault
    keys: KeyProvider
    folder: Path
    keeper: KeyKeeper
    fresh: FreshDatabase
    rest: timedelta = timedelta(0)

    async def ask(self) -> KeyRoll:
        async with self.opened.database.transaction(OPERATOR) as tx:
            return await ask_for_roll(tx, self._rolling)

    async def step(self, *, is_cut_off: bool = False) -> int:
        """One step, or none where it is cut off before its commit."""
        worker = self.opened.names._database
        try:
            async with worker.transaction(HUB) as tx:
                done = await self._rolling.take(tx)
                if is_cut_off:
                    raise CutOff
                return done
        except CutOff:
            return 0

    async def to_its_end(self) -> None:
        for _ in range(STEPS):
            await self.step()
            if (await self.latest()).destroyed_time is not None:
                return
        raise AssertionError("the roll did not come to its end")

    async def latest(self) -> KeyRoll:
        async with self.opened.database.transaction(HUB) as tx:
            found = await PostgresKeyRolls().latest(tx)
        assert found is not None
        return found

    async def erase(self, person: BeneficiaryId) -> None:
        async with self.opened.database.transaction(worker_of()) as tx:
            await erase_beneficiary(
                person, tx, self.opened.people, Tombstones(self.folder), PostgresRecalls()
            )

    async def can_read(self, person: BeneficiaryId) -> bool:
        async with self.opened.database.transaction(worker_of()) as tx:
            return await self.opened.people.fields(tx, person) is not None

    async def key_rows(self, person: BeneficiaryId | None = None) -> list[Any]:
        async with self.opened.database.transaction(HUB) as tx:
            query = "select * from data_key where $1::uuid is null or beneficiary_id = $1"
            return list(await tx.connection.fetch(query, person))

    async def epochs_in_use(self) -> set[int]:
        return {row["epoch"] for row in await self.key_rows()}

    @property
    def _rolling(self) -> RollKeys:
        return RollKeys(self.keys, PostgresKeyRolls(), self.rest)


@pytest.fixture(params=["files", "pkcs11"])
async def rolling(
    request: pytest.FixtureRequest, fresh_database: MakeDatabase, tmp_path: Path
) -> AsyncIterator[Rolling]:
    keeper: KeyKeeper = KeyFolder(tmp_path) if request.param == "files" else fresh_token(tmp_path)
    fresh = fresh_database(schemas=("intake",))
    async with open_vault(fresh, tmp_path, keeper=keeper) as opened:
        yield Rolling(opened, keeper.open(), tmp_path, keeper, fresh)


async def test_everybody_stays_readable_and_a_key_of_before_opens_nowhere(rolling: Rolling) -> None:
    people = [await rolling.opened.register(invented_person()) for _ in range(3)]
    before = {person: await rolling.key_rows(person) for person in people}
    await rolling.erase(people[0])
    asked = await rolling.ask()
    assert (asked.to_epoch, asked.keys, await rolling.ask()) == (2, None, asked)
    await rolling.to_its_end()
    assert (rolling.keys.epochs(), await rolling.epochs_in_use()) == ([2], {2})
    assert [await rolling.can_read(person) for person in people] == [False, True, True]
    latest = await rolling.latest()
    assert latest.keys == latest.rewrapped == sum(len(before[person]) for person in people[1:])
    # the very rows of an older backup or of the write-ahead log, of whoever was erased and of all others
    for person, rows in before.items():
        for row in rows:
            wrapped = WrappedKey(row["epoch"], row["wrapped"])
            with pytest.raises(EpochDestroyed):
                rolling.keeper.open().unwrap(wrapped, key_context(person, row["key_class"], row["key_id"]))
    assert await rolling.can_read(await rolling.opened.register(invented_person()))


async def test_an_older_backup_is_refused_at_the_start_with_what_to_do(rolling: Rolling) -> None:
    person = await rolling.opened.register(invented_person())
    rolling.fresh.execute("create table intake.older as table intake.data_key")
    await rolling.ask()
    await rolling.to_its_end()
    rolling.fresh.execute(
        "delete from intake.data_key; delete from intake.key_roll;"
        " insert into intake.data_key table intake.older"
    )
    with pytest.raises(KeysUnusable, match=r"key of epoch 1 is not in .* restore a younger one"):
        await open_keys(rolling.opened.database, rolling.folder, rolling.keeper)
    async with rolling.opened.database.transaction(worker_of()) as tx:
        assert await PostgresBeneficiaries(Vault(rolling.keys)).fields(tx, person) is None


async def test_wherever_it_is_cut_off_it_goes_on_and_tells_of_its_end_once(rolling: Rolling) -> None:
    people = [await rolling.opened.register(invented_person()) for _ in range(2)]
    await rolling.ask()
    for _ in range(STEPS):
        await rolling.step(is_cut_off=True)
        rolling.keys = rolling.keeper.open()
        assert [await rolling.can_read(person) for person in people] == [True, True]
        await rolling.step()
        if (await rolling.latest()).destroyed_time is not None:
            break
    assert rolling.keys.epochs() == [2]
    assert [await rolling.can_read(person) for person in people] == [True, True]
    assert await rolling.step() == 0
    async with rolling.opened.database.transaction(HUB) as tx:
        told = await tx.connection.fetch("select * from outbox where type = 'KeyEpochDestroyed'")
    assert [IntakeEvent.FromString(row["payload"]).key_epoch_destroyed.epoch for row in told] == [1]


async def test_who_is_registered_meanwhile_is_not_lost_however_late_the_commit(rolling: Rolling) -> None:
    async with rolling.opened.database.transaction(worker_of()) as late:
        row = await _registered_in(late, rolling)
        await rolling.ask()
        settling = asyncio.create_task(rolling.to_its_end())
        await until(lambda: _somebody_waits_for_the_lock(rolling))
    await settling
    assert await rolling.can_read(row)
    assert await rolling.epochs_in_use() == {2}


async def test_a_key_that_was_wrapped_before_and_comes_after_is_refused_and_comes_again(
    rolling: Rolling,
) -> None:
    first = await rolling.opened.register(invented_person())
    [old, *_] = await rolling.key_rows(first)
    rolling.rest = timedelta(hours=1)
    await rolling.ask()
    for _ in range(5):
        await rolling.step()
    assert (await rolling.latest()).settled_time is not None
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        async with rolling.opened.database.transaction(worker_of()) as tx:
            await tx.connection.execute(
                "insert into data_key (beneficiary_id, key_class, epoch, key_id, wrapped,"
                " registered_by_agency_id)"
                " select beneficiary_id, key_class, 1, key_id, $2, registered_by_agency_id from data_key"
                " where beneficiary_id = $1 limit 1",
                first,
                old["wrapped"],
            )
    assert await rolling.can_read(await rolling.opened.register(invented_person()))


async def test_the_older_key_stays_for_as_long_as_somebody_may_still_open_what_they_read(
    rolling: Rolling,
) -> None:
    person = await rolling.opened.register(invented_person())
    [read, *_] = await rolling.key_rows(person)
    rolling.rest = timedelta(hours=1)
    await rolling.ask()
    for _ in range(STEPS):
        await rolling.step()
    assert (rolling.keys.epochs(), await rolling.epochs_in_use()) == ([1, 2], {2})
    rolling.keys.unwrap(
        WrappedKey(read["epoch"], read["wrapped"]), key_context(person, read["key_class"], read["key_id"])
    )
    rolling.rest = timedelta(0)
    await rolling.to_its_end()
    assert rolling.keys.epochs() == [2]


async def test_what_somebody_holds_is_waited_for_and_what_cannot_be_opened_is_not_given_up(
    rolling: Rolling,
) -> None:
    held, damaged, other = [await rolling.opened.register(invented_person()) for _ in range(3)]
    rolling.fresh.execute(
        f"update intake.data_key set wrapped = wrapped || 'x' where beneficiary_id = '{damaged}'"
    )
    await rolling.ask()
    async with rolling.opened.database.transaction(worker_of()) as tx:
        await tx.connection.execute("select from data_key where beneficiary_id = $1 for update", held)
        for _ in range(STEPS):
            await rolling.step()
        assert {row["epoch"] for row in await rolling.key_rows(other)} == {2}
        assert {row["epoch"] for row in await rolling.key_rows(held)} == {1}
    for _ in range(STEPS):
        await rolling.step()
    assert {row["epoch"] for row in await rolling.key_rows(held)} == {2}
    assert ((await rolling.latest()).settled_time, rolling.keys.epochs()) == (None, [1, 2])
    await rolling.erase(damaged)
    await rolling.to_its_end()
    assert [await rolling.can_read(person) for person in (held, other)] == [True, True]


async def test_a_second_roll_destroys_what_the_first_had_made(rolling: Rolling) -> None:
    person = await rolling.opened.register(invented_person())
    for epoch in (2, 3):
        assert (await rolling.ask()).to_epoch == epoch
        await rolling.to_its_end()
        assert rolling.keys.epochs() == [epoch]
    assert await rolling.can_read(person)


async def test_no_agencys_operator_rolls_the_hubs_keys(rolling: Rolling) -> None:
    with pytest.raises(NotPermitted):
        async with rolling.opened.database.transaction(worker_of(random_id(), "operator")) as tx:
            await ask_for_roll(tx, rolling._rolling)


async def _registered_in(tx: Any, rolling: Rolling) -> BeneficiaryId:
    command = RegisterBeneficiary(uuid4(), invented_person(), Origin.KEM_DESK)
    opened = rolling.opened
    return await register_beneficiary(command, tx, opened.vault, opened.people, opened.search)


async def _somebody_waits_for_the_lock(rolling: Rolling) -> bool:
    query = "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
    async with rolling.opened.database.transaction(HUB) as tx:
        return bool(await tx.connection.fetchval(query))
