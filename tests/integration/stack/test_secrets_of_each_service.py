"""Services run as one user; the kernel keeps each of them from the secrets of the others."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tools.stack import service_process
from tools.stack.confine import landlock_version
from tools.stack.layout import ROOT, Layout
from tools.stack.options import StackOptions
from tools.stack.run_file import read_run
from tools.stack.service_process import ServiceProcess
from tools.stack.services import confined, environment
from tools.stack.stack import Stack

pytestmark = pytest.mark.skipif(not landlock_version(), reason="this kernel has no Landlock")

_TRY = """
import sys
for path in sys.argv[1:]:
    try:
        with open(path.removesuffix("+"), "r+b" if path.endswith("+") else "rb"):
            print("opened", path)
    except PermissionError:
        print("refused", path)
"""


@pytest.fixture(scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    stack = Stack(
        tmp_path_factory.mktemp("hub") / "data",
        StackOptions(is_durable=False, has_sample_city=False, services=("intake", "access")),
    )
    await stack.start()
    yield stack
    await stack.stop()


async def tried_by(
    service: str, hub: Stack, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """What a process that is started as the service is can open: by the name of the file."""
    layout = hub.layout
    trying = [sys.executable, "-I", "-S", "-c", _TRY, *map(str, files)]
    monkeypatch.setattr(service_process, "command", lambda service, roles: trying)
    settings = environment(ROOT, layout, hub._ports, {}, service, {})
    name = f"{service}-tries"
    process = ServiceProcess(name, service, None, "", settings, layout, hub._ports).start()
    await asyncio.to_thread(process.wait)
    lines = [line.split(" ", 1) for line in layout.log(name).read_text().splitlines()]
    layout.log(name).unlink()
    return {path: answer for answer, path in lines}


def secrets_in(layout: Layout) -> dict[Path, set[str]]:
    """Every secret of the data folder, and whose it is."""
    whose: dict[Path, set[str]] = {}
    for file in (*layout.keys.iterdir(),):
        whose[file] = {"intake"}
    for file in (*layout.sign_in.iterdir(), layout.staff_issuer_key):
        whose[file] = {"access"}
    for file in (*layout.authority.iterdir(), layout.issuer_key, layout.certificate("tools")):
        whose[file] = set()
    for file in (layout.secrets / "passwords.json", layout.url_file("check"), layout.url_file("migrator")):
        whose[file] = set()
    for service in ("intake", "access"):
        whose[layout.certificate(service)] = {service}
        whose[layout.identity_key(service)] = {service}
        for kind in ("app", "worker"):
            whose[layout.url_file(f"{service}-{kind}")] = {service}
    return whose


@pytest.mark.parametrize("service", ["intake", "access"])
async def test_a_service_opens_its_own_secrets_and_nobody_elses(
    hub: Stack, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    whose = secrets_in(hub.layout)
    assert {file for file in hub.layout.secrets.rglob("*") if file.is_file()} <= set(whose)
    assert hub.layout.keys / "root.key" in whose
    found = await tried_by(service, hub, list(whose), monkeypatch)
    expected = {str(file): "opened" if service in of else "refused" for file, of in whose.items()}
    assert found == expected


async def test_no_service_reads_the_database_files_or_the_memory_of_another(
    hub: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = read_run(hub.layout)
    assert run is not None
    intake = next(process.pid for process in run.processes if process.name == "intake")
    (hub.layout.data / "beside").write_text("no setting names it")
    files = [
        Path(f"/proc/{intake}/mem"),
        hub.layout.postgres / "data" / "PG_VERSION",
        hub.layout.data / "beside",
    ]
    assert all(os.access(file, os.R_OK) for file in files)
    assert set((await tried_by("access", hub, files, monkeypatch)).values()) == {"refused"}


async def test_no_service_changes_what_the_others_trust_or_run(
    hub: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = hub.layout
    trusted = [layout.authorities, layout.revoked_certificates, layout.assertion_keys, ROOT / "kem"]
    trusted += [layout.certificate("intake"), Path(pytest.__file__)]
    own = [layout.tombstones, layout.work / "scratch"]
    own[-1].touch()
    found = await tried_by("intake", hub, [Path(f"{file}+") for file in (*trusted, *own)], monkeypatch)
    refused = {f"{file}+": "refused" for file in trusted}
    assert found == refused | {f"{file}+": "opened" for file in own}


def test_pythons_environment_may_lie_in_the_data_folder() -> None:
    """As .kem/env does in .kem, where `./kem up` keeps everything."""
    layout = Layout(Path(sys.prefix).parent)
    trying = confined(layout, {}, [sys.executable, "-P", "-c", "import grpc; print(grpc.__name__)"])
    assert trying[0] == sys.executable
    assert len(trying) > 5, "nothing was confined"
    done = subprocess.run(trying, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "grpc\n"), done.stderr


async def test_what_is_renewed_or_made_while_it_runs_is_still_found(
    hub: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = hub.layout
    own = layout.certificate("access")
    fresh = own.with_name(".fresh")
    fresh.write_bytes(own.read_bytes())
    fresh.replace(own)
    files = [own, layout.revoked_certificates, layout.authorities, layout.assertion_keys, ROOT / "kem"]
    assert set((await tried_by("access", hub, files, monkeypatch)).values()) == {"opened"}
