"""`./kem keys roll` at a running hub: nobody is lost, and whoever was erased is gone from every old copy."""

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from chassis.caller import Caller
from kernel.ids import BeneficiaryId
from services.intake.adapters.file_keys import KeyFolder
from services.intake.adapters.keys import EpochDestroyed, KeyKeeper, WrappedKey
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.sealing import key_context
from services.intake.adapters.tombstones import Tombstones
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from tests.e2e.marked_people import Marks
from tests.e2e.search import Search
from tests.integration.chassis.waiting import until
from tests.integration.operate.test_backup import as_sql, kem
from tests.support.people import invented_person
from tests.support.postgres import FreshDatabase
from tests.support.vault import OpenVault, open_vault, worker_of
from tools.stack.debian import ProgramMissing
from tools.stack.failure import StackFailure
from tools.stack.key_token import find_softhsm, token_settings
from tools.stack.layout import Layout
from tools.stack.options import StackOptions
from tools.stack.postgres import PostgresServer
from tools.stack.run_file import read_run
from tools.stack.servers import ServersAsked
from tools.stack.stack import Stack

HUB = Caller.of_service("intake")


@dataclass
class Hub:
    """A hub that is started and ended in turn, and what keeps its keys."""

    layout: Layout
    kind: str

    @asynccontextmanager
    async def running(self) -> AsyncIterator[OpenVault]:
        options = StackOptions(
            is_durable=False,
            has_sample_city=False,
            services=("intake", "referral", "notifications", "access"),
            settings_of={"intake": {"KEM_INTAKE_EPOCH_REST_SECONDS": "0.2"}},
            servers=ServersAsked(keys=self.kind),
        )
        stack = Stack(self.layout.data, options)
        await stack.start()
        assert isinstance(stack.postgres, PostgresServer)
        try:
            async with open_vault(
                FreshDatabase(stack.postgres, "kem", ("intake",)), self.layout.keys, keeper=self.keeper()
            ) as opened:
                yield opened
        finally:
            await stack.stop()

    def keeper(self) -> KeyKeeper:
        """The keys of this folder, for this process."""
        if self.kind == "file":
            return KeyFolder(self.layout.keys)
        import pkcs11

        from services.intake.adapters.pkcs11_keys import Token

        settings = token_settings(self.layout)
        os.environ["SOFTHSM2_CONF"] = settings["SOFTHSM2_CONF"]
        module = settings["KEM_INTAKE_PKCS11_MODULE"]
        pkcs11.unload(module)  # it asks for its tokens once
        pin = Path(settings["KEM_INTAKE_PKCS11_PIN_FILE"])
        return Token(Path(module), settings["KEM_INTAKE_PKCS11_LABEL"], pin)

    def copy_to(self, data: Path) -> "Hub":
        shutil.copytree(self.layout.data, data)
        return Hub(Layout(data), self.kind)

    def bring_keys_of(self, other: "Hub") -> None:
        """In the place of its own: those are gone."""
        for folder in ("keys", "token"):
            shutil.rmtree(self.layout.data / folder, ignore_errors=True)
            if (other.layout.data / folder).exists():
                shutil.copytree(other.layout.data / folder, self.layout.data / folder)


@pytest.fixture(params=["file", "pkcs11"])
def hub(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    if request.param == "pkcs11":
        try:
            find_softhsm(print)
        except ProgramMissing as missing:
            pytest.skip(missing.sentence)
    monkeypatch.setenv("SOFTHSM2_CONF", os.environ.get("SOFTHSM2_CONF", ""))
    return Hub(Layout(tmp_path / "hub"), request.param)


async def told(hub: Hub, *words: str) -> Any:
    done = await kem(hub.layout.data, *words, "--json")
    assert done.returncode == 0, done.stderr
    # what this process logs of its own vault is there as well
    return json.JSONDecoder().raw_decode(done.stdout, done.stdout.index("{"))[0]


async def can_read(opened: OpenVault, person: BeneficiaryId) -> bool:
    async with opened.database.transaction(worker_of()) as tx:
        return await opened.people.fields(tx, person) is not None


async def erase(hub: Hub, opened: OpenVault, person: BeneficiaryId) -> None:
    async with opened.database.transaction(worker_of()) as tx:
        await erase_beneficiary(person, tx, opened.people, Tombstones(hub.layout.keys), PostgresRecalls())


async def key_rows(opened: OpenVault) -> list[Any]:
    async with opened.database.transaction(HUB) as tx:
        return list(await tx.connection.fetch("select * from data_key"))


async def test_after_erasure_and_roll_a_marked_name_is_nowhere_and_no_old_copy_opens_it_again(
    hub: Hub, tmp_path: Path
) -> None:
    marks, older = Marks.fresh(), tmp_path / "older.backup"
    marked = invented_person()
    name = replace(marked.names.latin, given=marks.latin, family=marks.latin)
    marked = replace(marked, names=replace(marked.names, latin=name))
    async with hub.running() as opened:
        gone, stays = await opened.register(marked), await opened.register(invented_person())
        before = await key_rows(opened)
        assert (await kem(hub.layout.data, "backup", str(older))).returncode == 0
    old_folder = hub.copy_to(tmp_path / "old")
    with_old_key = hub.copy_to(tmp_path / "with-old-key")
    async with hub.running() as opened:
        await erase(hub, opened, gone)
        standing = await told(hub, "keys", "status")
        assert (standing["current_epoch"], standing["waiting_erasures"]) == (1, 1)
        assert standing["last_roll"] is None
        rolled = await told(hub, "keys", "roll", "--yes")
        assert (rolled["current_epoch"], rolled["waiting_erasures"]) == (2, 0)
        assert rolled["last_roll"]["rewrapped"] == len(await key_rows(opened)) == len(before) / 2
        assert [await can_read(opened, one) for one in (gone, stays)] == [False, True]

    async with with_old_key.running() as opened:
        assert await can_read(opened, gone), "with the key of then the old folder opens, so it had the name"
    shutil.rmtree(with_old_key.layout.data)
    keys = hub.keeper().open()
    for row in before:
        wrapped = WrappedKey(row["epoch"], row["wrapped"])
        with pytest.raises(EpochDestroyed):
            keys.unwrap(wrapped, key_context(row["beneficiary_id"], row["key_class"], row["key_id"]))
    old_folder.bring_keys_of(hub)
    with pytest.raises(StackFailure, match=r"key of epoch 1 is not in .* restore a younger one"):
        async with old_folder.running():
            pass
    search = Search([marks.latin])
    search.look("older backup", await asyncio.to_thread(as_sql, older))
    assert search.look_at_files(tmp_path) > 1000
    assert search.found == set()


async def test_after_a_roll_only_a_backup_of_since_can_be_restored(hub: Hub, tmp_path: Path) -> None:
    older, newer = tmp_path / "older.backup", tmp_path / "newer.backup"
    async with hub.running() as opened:
        person = await opened.register(invented_person())
        assert (await kem(hub.layout.data, "backup", str(older))).returncode == 0
        await told(hub, "keys", "roll", "--yes")
        assert (await kem(hub.layout.data, "backup", str(newer))).returncode == 0
    elsewhere = Hub(Layout(tmp_path / "elsewhere"), hub.kind)
    elsewhere.bring_keys_of(hub)
    shutil.copytree(hub.layout.sign_in, elsewhere.layout.sign_in)
    refused = await kem(elsewhere.layout.data, "restore", str(older))
    assert refused.returncode == 1
    assert "The key of epoch 1 is not in" in refused.stderr
    await told(elsewhere, "restore", str(newer))
    async with elsewhere.running() as opened:
        assert await can_read(opened, person)


async def test_a_roll_goes_on_where_a_killed_intake_left_it(hub: Hub) -> None:
    async with hub.running() as opened:
        people = [await opened.register(invented_person()) for _ in range(80)]
        all_keys = len(await key_rows(opened))
        async with opened.database.transaction(worker_of()) as tx:
            await tx.connection.execute(
                "select from data_key where beneficiary_id = $1 for update", people[0]
            )
            rolling = asyncio.create_task(told(hub, "keys", "roll", "--yes"))

            async def all_but_one_are_done() -> bool:
                found = await opened.database.pool.fetchval("select rewrapped from key_roll")
                return found is not None and all_keys - 5 < found < all_keys

            await until(all_but_one_are_done)
            run = read_run(hub.layout)
            assert run is not None
            os.kill(next(one.pid for one in run.processes if one.name == "intake"), signal.SIGKILL)
            people.append(await opened.register(invented_person()))
        rolled = await rolling
        assert rolled["last_roll"]["destroyed_time"] is not None
        assert {row["epoch"] for row in await key_rows(opened)} == {2}
        assert [await can_read(opened, person) for person in people] == [True] * len(people)


async def test_without_an_answer_nothing_is_rolled(hub: Hub) -> None:
    refused = await kem(hub.layout.data, "keys", "roll")
    assert refused.returncode == 2
    assert "no backup from before can be opened by anybody" in refused.stderr
