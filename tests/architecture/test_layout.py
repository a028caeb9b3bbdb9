"""The house as it is drawn: what stands at the top, and what may not grow."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_TOP = {
    "kem", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE",
    "pyproject.toml", "requirements.in", "requirements.lock", ".gitignore", ".ci",
    "protos", "gen", "kernel", "chassis", "services", "deploy", "tools", "docs", "tests",
}  # fmt: skip
_ROOMS = {"domain", "use_cases", "adapters", "entrypoints", "migrations"}
_LAYERS = {
    "unit", "property", "integration", "component", "fault", "e2e", "browser",
    "architecture", "deep", "support",
}  # fmt: skip
_ROOMS_OF_PAGES = {"templates", "locale", "look", "static"}
"""Of the console, beside the others' rooms; it has no `use_cases` and no `migrations`."""
_SERVICE_FILES = {"README.md", "__init__.py", "__main__.py", "settings.py"}


def _tracked() -> list[Path]:
    said = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(name) for name in said.stdout.split("\0") if name and (ROOT / name).exists()]


def test_nothing_stands_at_the_top_but_what_the_house_names() -> None:
    assert {path.parts[0] for path in _tracked()} <= _TOP


def test_a_service_has_the_same_rooms_as_the_others() -> None:
    for path in _tracked():
        if path.parts[0] == "services" and len(path.parts) > 2:
            inside = path.parts[2]
            rooms = _ROOMS | _ROOMS_OF_PAGES if path.parts[1] == "console" else _ROOMS
            assert inside in (rooms if len(path.parts) > 3 else _SERVICE_FILES), path


def test_tests_live_in_the_named_layers() -> None:
    assert {
        path.parts[1] for path in _tracked() if path.parts[0] == "tests" and len(path.parts) > 2
    } <= _LAYERS


def test_the_kernel_stays_small() -> None:
    lines = sum((ROOT / path).read_text().count("\n") for path in _tracked() if _is_code_of("kernel", path))
    assert lines <= 700


def test_the_bootstrap_stays_small_and_needs_nothing_but_python() -> None:
    text = (ROOT / "kem").read_text()
    assert text.count("\n") <= 80
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", text, re.MULTILINE))
    assert imported <= {"fcntl", "hashlib", "os", "platform", "shutil", "subprocess", "sys"}
    assert (ROOT / "kem").stat().st_mode & 0o111


def test_hand_written_code_has_no_package_called_kem() -> None:
    named = [
        path for path in _tracked() if "kem" in path.parts[:-1] and path.parts[0] not in ("gen", "protos")
    ]
    assert named == []
    assert not (ROOT / "kem").is_dir()


def test_lock_files_name_no_download_host() -> None:
    locks = [
        path
        for path in _tracked()
        if path.name in ("requirements.lock", "requirements.in", "package-lock.json")
    ]
    assert locks
    for path in locks:
        assert "://" not in (ROOT / path).read_text(), path


def test_every_locked_package_has_its_hash() -> None:
    for block in re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text()):
        assert block.startswith("#") or "--hash=sha256:" in block, block[:60]


def test_migrations_are_numbered_from_the_chassis_up() -> None:
    for path in _tracked():
        if path.suffix == ".sql" and path.parts[-2] == "migrations":
            first, last = (1, 100) if path.parts[0] == "chassis" else (101, 9999)
            assert first <= int(path.name[:4]) <= last, path


@pytest.mark.parametrize("folder", ["deploy"])
def test_deploy_holds_declarations_only(folder: str) -> None:
    assert not [path for path in _tracked() if path.parts[0] == folder and path.suffix in (".py", ".sh")]


def _is_code_of(room: str, path: Path) -> bool:
    return path.parts[0] == room and path.suffix == ".py"
