"""A hub is backed up while it runs, loses what came after, and comes back: but for those who were erased."""

import asyncio
import io
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from kafka import KafkaProducer

from chassis.caller import Caller
from chassis.topics import INTAKE
from kernel.errors import NotFound, RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.adapters.file_keys import FileKeyProvider
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.tombstones import Tombstones
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.get_beneficiary import get_beneficiary
from tests.integration.chassis.waiting import until
from tests.integration.operate.conftest import Done
from tests.integration.operate.staff_then import (
    StaffThen,
    answer_to_one_time_password,
    close,
    is_device_known,
    open_staff,
    state_of_session,
    states_of,
)
from tests.support.people import invented_person
from tests.support.postgres import FreshDatabase
from tests.support.vault import OpenVault, open_vault, worker_of
from tools.__main__ import main
from tools.stack.broker import Broker
from tools.stack.footing import installed_programs
from tools.stack.layout import Layout
from tools.stack.options import StackOptions
from tools.stack.postgres import PostgresServer
from tools.stack.stack import Stack
from tools.stack.topics import create_topics, found_topics

_WHAT_OUTLIVES = StackOptions(is_durable=False, has_sample_city=False, services=("intake", "access"))
_METHOD = "/kem.intake.v1.IntakeService/GetBeneficiary"

TOLD = 4
"""By intake before the backup: what it runs with, and three people."""


@dataclass
class BackedUp:
    """A hub that has ended, with a backup from before its last person came and one was erased."""

    layout: Layout
    file: Path
    told: dict[str, object]
    kept: list[BeneficiaryId]
    erased: BeneficiaryId
    came_later: BeneficiaryId
    staff: StaffThen


async def kem(data: Path, *arguments: str) -> Done:
    """The command on this data folder, in this process."""

    def run() -> Done:
        out, err = io.StringIO(), io.StringIO()
        with (
            patch("tools.operate.running.DATA", data),
            patch("tools.office.DATA", data),
            patch("tools.stack.layout.DATA", data),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main(arguments)
        return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    return await asyncio.to_thread(run)


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[OpenVault]:
    """The hub with intake and access, and a way into its vault."""
    stack = Stack(data, _WHAT_OUTLIVES)
    await stack.start()
    assert isinstance(stack.postgres, PostgresServer)
    try:
        async with open_vault(FreshDatabase(stack.postgres, "kem", ("intake",)), stack.layout.keys) as opened:
            yield opened
    finally:
        await stack.stop()


@pytest.fixture(scope="module")
async def backed_up(tmp_path_factory: pytest.TempPathFactory) -> BackedUp:
    folder = tmp_path_factory.mktemp("hub")
    layout, file = Layout(folder / "data"), folder / "hub.backup"
    async with running(layout.data) as opened:
        people = [await opened.register(invented_person()) for _ in range(3)]

        async def all_is_logged() -> bool:
            return bool(await opened.database.pool.fetchval("select not exists (select from outbox)"))

        await until(all_is_logged)
        staff = await open_staff(layout)
        done = await kem(layout.data, "backup", str(file), "--json")
        assert done.returncode == 0, done.stderr
        again = await kem(layout.data, "backup", str(file))
        assert (again.returncode, "is there already" in again.stderr) == (1, True)
        came_later = await opened.register(invented_person())
        async with opened.database.transaction(worker_of()) as tx:
            await erase_beneficiary(people[0], tx, opened.people, Tombstones(layout.keys), PostgresRecalls())
        assert await is_device_known(layout, staff)
        assert await answer_to_one_time_password(layout, staff) == "PASSWORD_MUST_BE_CHANGED"
        await close(layout, staff.leaves)
    return BackedUp(layout, file, json.loads(done.stdout), people[1:], people[0], came_later, staff)


async def state_of(opened: OpenVault, person: BeneficiaryId) -> str:
    """READABLE, or the reason why nobody may read them."""
    async with opened.database.transaction(worker_of()) as tx:
        try:
            await get_beneficiary(person, _METHOD, tx, opened.people)
        except (NotFound, RuleBroken) as error:
            return error.stable_reason
        return "READABLE"


def copy_of(backed_up: BackedUp, folder: Path) -> Layout:
    """A new machine to which the key folders were brought."""
    layout = Layout(folder / "data")
    shutil.copytree(backed_up.layout.keys, layout.keys)
    shutil.copytree(backed_up.layout.sign_in, layout.sign_in)
    return layout


@contextmanager
def foreign_root_key(layout: Layout, folder: Path) -> Iterator[None]:
    """For a while the keys are those of another hub."""
    right, foreign = folder / "right-keys", folder / "foreign-keys"
    layout.keys.rename(right)
    foreign.mkdir(mode=0o700)
    FileKeyProvider.initialise(foreign)
    Tombstones(foreign).begin()
    shutil.copytree(foreign, layout.keys)
    try:
        yield
    finally:
        shutil.rmtree(layout.keys)
        right.rename(layout.keys)


def secrets_of(layout: Layout) -> dict[str, bytes]:
    """Whatever must never leave the folder: the vault's keys, signing keys, passwords."""
    found = {file.name: file.read_bytes().strip() for file in layout.keys.glob("*.key")}
    found["sign-in.key"] = layout.sign_in_key.read_bytes().strip()
    for file in layout.secrets.rglob("*.pem"):
        found[file.name] = b"".join(file.read_bytes().splitlines()[1:-1])
    passwords = json.loads((layout.secrets / "passwords.json").read_text())
    return found | {login: password.encode() for login, password in passwords.items()}


def as_sql(file: Path) -> bytes:
    """Everything that the backup holds, as statements."""
    reading = [str(installed_programs() / "pg_restore"), "--file=-", str(file)]
    return subprocess.run(reading, capture_output=True, check=True).stdout


async def test_a_backup_holds_no_key_and_brings_everybody_back_but_those_who_were_erased(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    positions = backed_up.told["positions"]
    assert isinstance(positions, dict)
    assert (set(positions), positions["intake"]) == ({"intake", "access"}, TOLD)
    assert backed_up.told["bytes"] == backed_up.file.stat().st_size
    assert backed_up.file.stat().st_mode & 0o077 == 0
    assert list(backed_up.file.parent.glob(".*")) == []
    sql = await asyncio.to_thread(as_sql, backed_up.file)
    secrets = secrets_of(backed_up.layout)
    assert {"root.key", "epoch-1.key", "sign-in.key", "issuer.pem", "staff-issuer.pem", "kem_check"} <= set(
        secrets
    )
    assert [name for name, one in secrets.items() if one in sql or one.hex().encode() in sql] == []
    assert b"COPY intake.data_key" in sql, "people's own keys are in it, wrapped"

    layout = copy_of(backed_up, tmp_path)
    done = await kem(layout.data, "restore", str(backed_up.file), "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["erased_again"], said["positions"]["intake"]) == (1, TOLD)
    assert list(layout.secrets.glob("restoring*")) == []
    async with running(layout.data) as opened:
        assert [await state_of(opened, person) for person in backed_up.kept] == ["READABLE", "READABLE"]
        assert await state_of(opened, backed_up.erased) == "BENEFICIARY_ERASED"
        assert await state_of(opened, backed_up.came_later) == "BENEFICIARY_NOT_FOUND"
        async with opened.database.transaction(Caller.of_service("intake")) as tx:
            for table in ("data_key", "blind_index"):
                query = f"select count(*) from {table} where beneficiary_id = $1"
                assert await tx.connection.fetchval(query, backed_up.erased) == 0


async def test_whoever_was_closed_after_the_backup_stays_closed_and_every_way_in_of_then_has_ended(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    layout, staff = copy_of(backed_up, tmp_path), backed_up.staff
    done = await kem(layout.data, "restore", str(backed_up.file))
    assert done.returncode == 0, done.stderr
    assert "locks, roles" in done.stdout, "what of staff may be older than it was"
    assert layout.sample_staff_mark.exists(), "nobody gets a first login again"
    async with running(layout.data):
        assert await states_of(layout, staff) == ["ACTIVE", "CLOSED"]
        assert await state_of_session(layout, staff) == "SESSION_ENDED"
        assert not await is_device_known(layout, staff)
        assert await answer_to_one_time_password(layout, staff) == "SIGN_IN_REFUSED", (
            "it may be used up since"
        )


async def test_what_a_hub_holds_is_replaced_only_when_told_so_and_only_by_what_fits(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    layout, content = backed_up.layout, backed_up.file.read_bytes()
    for folder, name in (
        ("keys", "tombstones"),
        ("keys", "root.key"),
        ("sign-in", "sign-in.key"),
        ("sign-in", "closed-accounts"),
    ):
        elsewhere = copy_of(backed_up, tmp_path / name)
        (elsewhere.data / folder / name).unlink()
        refused = await kem(elsewhere.data, "restore", str(backed_up.file))
        assert (refused.returncode, f"{name} is missing" in refused.stderr) == (1, True)
        assert not elsewhere.postgres.exists(), "nothing was touched"
    refused = await kem(layout.data, "restore", str(backed_up.file))
    assert (refused.returncode, "--overwrite" in refused.stderr) == (1, True)
    (tmp_path / "nonsense").write_bytes(b"not a backup")
    (tmp_path / "cut").write_bytes(content[: len(content) * 9 // 10])
    for name in ("nothing", "nonsense", "cut"):
        refused = await kem(layout.data, "restore", str(tmp_path / name), "--overwrite")
        assert (refused.returncode, refused.stdout) == (1, ""), name
    with foreign_root_key(layout, tmp_path):
        refused = await kem(layout.data, "restore", str(backed_up.file), "--overwrite")
    assert refused.returncode == 1
    assert "not the one that this database was written with" in refused.stderr
    async with running(layout.data) as opened:
        assert await state_of(opened, backed_up.came_later) == "READABLE", "nothing has changed until here"
        refused = await kem(layout.data, "restore", str(backed_up.file), "--overwrite")
        assert (refused.returncode, "./kem down" in refused.stderr) == (1, True)
    done = await kem(layout.data, "restore", str(backed_up.file), "--overwrite")
    assert done.returncode == 0, done.stderr
    assert "1 people were erased after that" in done.stdout
    async with running(layout.data) as opened:
        assert await state_of(opened, backed_up.came_later) == "BENEFICIARY_NOT_FOUND"
        assert await state_of(opened, backed_up.erased) == "BENEFICIARY_ERASED"


async def test_a_kafka_that_runs_elsewhere_is_emptied_and_marked_to_be_filled(
    backed_up: BackedUp, fresh_broker: Callable[[], Broker], tmp_path: Path
) -> None:
    layout, broker = copy_of(backed_up, tmp_path), fresh_broker()
    words = ["restore", str(backed_up.file)]
    put_in(broker, b"of another hub")
    refused = await kem(layout.data, *words, "--broker", broker.bootstrap)
    assert (refused.returncode, "holds events already" in refused.stderr) == (1, True)
    await asyncio.to_thread(broker.stop)
    await asyncio.to_thread(broker.start)
    assert (await kem(layout.data, *words, "--broker", broker.bootstrap)).returncode == 0
    layout.fill_mark.unlink()
    create_topics(broker.bootstrap)
    put_in(broker, b"later than the backup")
    assert (await kem(layout.data, *words, "--overwrite")).returncode == 0
    assert found_topics(broker.bootstrap) == {}
    assert layout.fill_mark.exists()


def put_in(broker: Broker, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, enable_idempotence=False)
    producer.send(INTAKE, value, partition=0)
    producer.flush()
    producer.close()
