"""The stack's own promises: supervision, one run per folder, leftovers, plain sentences."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tools.stack.failure import StackFailure
from tools.stack.footing import missing_library
from tools.stack.layout import ROOT, Layout
from tools.stack.options import StackOptions
from tools.stack.room import check_room
from tools.stack.run_file import read_run
from tools.stack.stack import Stack

_BARE = StackOptions(is_durable=False, services=())
_PATIENCE_SECONDS = 30


async def _until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


def _kem(data: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tools", *arguments],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "KEM_DATA": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said_by(data: Path, *arguments: str) -> tuple[int, str, str]:
    process = _kem(data, *arguments)
    out, err = process.communicate(timeout=_PATIENCE_SECONDS)
    return process.returncode, out, err


@pytest.mark.parametrize("server", ["postgresql", "broker"])
async def test_a_server_that_is_killed_is_started_again_and_that_is_said(tmp_path: Path, server: str) -> None:
    said: list[str] = []
    stack = Stack(tmp_path / "data", _BARE, say=said.append)
    await stack.start()
    try:
        first = stack.parts[server].process
        assert first is not None
        first.kill()
        await _until(lambda: any(f"{server} serves again" in sentence for sentence in said))
        assert f"{server} ended (SIGKILL); starting it again in 0.2 s." in said
        assert stack.postgres.execute("SELECT 1", "postgres").strip() == "1"
    finally:
        await stack.stop()


async def test_a_second_worker_of_a_service_is_kept_alive_like_the_first(tmp_path: Path) -> None:
    said: list[str] = []
    options = StackOptions(is_durable=False, services=("notifications",))
    stack = Stack(tmp_path / "data", options, say=said.append)
    await stack.start()
    try:
        worker = await stack.add_worker("notifications", roles="stream")
        assert worker.process is not None
        worker.process.kill()
        await _until(lambda: "notifications-2 serves again." in said)
        run = read_run(stack.layout)
        assert run is not None
        assert {process.name: process.restarts for process in run.processes}["notifications-2"] == 1
    finally:
        await stack.stop()


async def test_a_second_start_on_the_same_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data", _BARE)
    await stack.start()
    try:
        with pytest.raises(StackFailure, match=r"already runs on .*\./kem down"):
            await Stack(tmp_path / "data", _BARE).start()
    finally:
        await stack.stop()


async def test_two_stacks_side_by_side_take_different_ports_and_keep_them(tmp_path: Path) -> None:
    one, other = Stack(tmp_path / "one", _BARE), Stack(tmp_path / "other", _BARE)
    await asyncio.gather(one.start(), other.start())
    before = dict(other.addresses)
    assert not set(one.addresses.values()) & set(before.values())
    await one.stop()
    await other.stop()
    again = Stack(tmp_path / "other", _BARE)
    await again.start()
    await again.stop()
    assert again.addresses == before


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        options = StackOptions(is_durable=False, services=(), base_port=port)
        with pytest.raises(StackFailure, match=f"Port {port} is used by another program"):
            await Stack(tmp_path / "data", options).start()


async def test_data_survives_an_orderly_end(tmp_path: Path) -> None:
    for expected in ("0", "1"):
        stack = Stack(tmp_path / "data", _BARE)
        await stack.start()
        stack.postgres.execute("CREATE TABLE IF NOT EXISTS mark (id int)")
        assert stack.postgres.execute("SELECT count(*) FROM mark").strip() == expected
        stack.postgres.execute("INSERT INTO mark VALUES (1)")
        await stack.stop()


async def test_secrets_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data", _BARE)
    await stack.start()
    await stack.stop()
    layout = Layout(tmp_path / "data")
    for folder in (layout.data, layout.secrets, layout.keys, layout.authority, layout.postgres / "data"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    held = (*layout.secrets.rglob("*"), *layout.authority.iterdir(), *layout.certificates.iterdir())
    for file in filter(Path.is_file, held):
        assert stat.S_IMODE(file.stat().st_mode) in (0o600, 0o400), file
    assert "PRIVATE" not in layout.run_file.read_text() + layout.assertion_keys.read_text()


def test_too_little_room_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(StackFailure, match="make room"):
        check_room(tmp_path, needed_bytes=2**62)


def test_a_missing_system_library_is_named() -> None:
    stderr = "postgres: error while loading shared libraries: libz.so.1: cannot open shared object file"
    assert missing_library(stderr) == "libz.so.1"
    assert missing_library("Segmentation fault") is None


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    killed = _kem(data, "up", "--no-sample-city")
    assert killed.stdout is not None
    for line in killed.stdout:
        if line.startswith("ready in"):
            break
    run = read_run(Layout(data))
    assert run is not None
    assert {"postgresql", "broker"} <= {process.name for process in run.processes}
    living = [found for process in run.processes if (found := process.find())]
    assert living
    killed.kill()
    killed.communicate()
    assert psutil.wait_procs(living, timeout=_PATIENCE_SECONDS)[1] == []
    again = _kem(data, "up", "--no-sample-city")
    assert again.stdout is not None
    assert any(line.startswith("ready in") for line in again.stdout)
    code, out, _ = said_by(data, "status", "--json")
    assert code == 0
    assert json.loads(out)["running"] is True
    assert said_by(data, "down")[:2] == (0, "KEM has ended; its data stays.\n")
    again.communicate(timeout=_PATIENCE_SECONDS)
    assert again.returncode == 0
    assert said_by(data, "status")[0] == 3


def test_ctrl_c_while_it_starts_ends_everything(tmp_path: Path) -> None:
    process = _kem(tmp_path / "data", "up", "--no-sample-city")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=_PATIENCE_SECONDS)
    assert not Layout(tmp_path / "data").is_held()
