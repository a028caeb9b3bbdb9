"""Intake as a process of its own: what it says when it cannot start."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.integration.chassis.assertions import key_file, make_signer, write_keys
from tests.support.hub_certificates import certificate_environment
from tests.support.intake import NOWHERE
from tests.support.postgres import FreshDatabase, MakeDatabase
from tests.support.vault import open_vault
from tools.stack.ports import free_port


async def _start(database: FreshDatabase, folder: Path, keys_dir: Path) -> tuple[int | None, str]:
    """Exit code and the words on stderr."""
    make_signer(folder, "service:intake")
    for name, url in (("app", database.app_url("intake")), ("worker", database.worker_url("intake"))):
        (folder / name).write_text(url)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.intake", "--roles", "grpc"),
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(part for part in sys.path if part),
            "KEM_INTAKE_DATABASE_URL_FILE": str(folder / "app"),
            "KEM_INTAKE_WORKER_DATABASE_URL_FILE": str(folder / "worker"),
            "KEM_INTAKE_GRPC_ADDRESS": f"127.0.0.1:{free_port()}",
            "KEM_REFERRAL_GRPC_ADDRESS": NOWHERE,
            "KEM_INTAKE_IDENTITY_FILE": str(key_file(folder, "service:intake")),
            **certificate_environment("intake"),
            "KEM_KAFKA_BOOTSTRAP": NOWHERE,
            "KEM_ASSERTION_KEYS_FILE": str(write_keys(folder, make_signer(folder, "kem-test"))),
            "KEM_KEYS_DIR": str(keys_dir),
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        _, said = await process.communicate()
    return process.returncode, said.decode()


@pytest.mark.parametrize("case", ["lost", "emptied", "foreign"])
async def test_without_the_right_keys_intake_says_so_in_one_sentence_and_stays_down(
    fresh_database: MakeDatabase, tmp_path: Path, case: str
) -> None:
    database = fresh_database(schemas=("intake",))
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.mkdir()
    async with open_vault(database, right):
        pass
    if case != "lost":
        wrong.mkdir()
    if case == "foreign":
        async with open_vault(fresh_database(schemas=("intake",)), wrong):
            pass
    code, said = await _start(database, tmp_path, wrong)
    assert code == 78
    assert said.count("\n") == 1
    assert str(wrong) in said
    assert "put" in said
