"""`kem` makes its environment once, by itself, and says plainly what stops it."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.stack.layout import ROOT

_PATIENCE_SECONDS = 120


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A house with nothing but the command: no packages, and tools that say how they were called."""
    house = tmp_path / "clone"
    (house / "tools").mkdir(parents=True)
    (house / "tools" / "__init__.py").touch()
    (house / "tools" / "__main__.py").write_text(
        "import os, sys\nprint(sys.argv[1:], os.getcwd(), sys.prefix)\n"
    )
    (house / "requirements.lock").write_text("# nothing\n")
    shutil.copy(ROOT / "kem", house)
    return house


def _start(clone: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """As from a shell that knows nothing of this environment, in a folder of its own."""
    elsewhere = clone.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, str(clone / "kem"), *arguments],
        cwd=elsewhere,
        env={"PATH": os.environ["PATH"], "HOME": str(clone.parent)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(clone: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    process = _start(clone, *arguments, **environment)
    out, err = process.communicate(timeout=_PATIENCE_SECONDS)
    return process.returncode, out, err


def test_the_environment_is_made_once_and_used_from_any_folder(clone: Path) -> None:
    code, out, err = _run(clone, "status", "--json")
    assert code == 0, err
    assert "making its environment" in err
    assert out.split() == [
        "['status',",
        "'--json']",
        str(clone.parent / "elsewhere"),
        str(clone / ".kem/env"),
    ]
    made = (clone / ".kem/env/kem-stamp").stat().st_mtime_ns
    assert _run(clone, "status")[2] == ""
    assert (clone / ".kem/env/kem-stamp").stat().st_mtime_ns == made


def test_of_two_at_once_one_makes_the_environment_and_the_other_waits(clone: Path) -> None:
    both = [_start(clone, "up"), _start(clone, "down")]
    said = [process.communicate(timeout=_PATIENCE_SECONDS) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("making its environment" in err for _, err in said) == 1


def test_a_half_made_environment_is_made_anew(clone: Path) -> None:
    (clone / ".kem/env/bin").mkdir(parents=True)
    (clone / ".kem/env/bin/python").write_text("broken")
    code, _, err = _run(clone, "status")
    assert (code, "making its environment" in err) == (0, True)


def test_a_python_without_venv_is_told_what_to_install(clone: Path) -> None:
    fake = clone.parent / "fake"
    (fake / "venv").mkdir(parents=True)
    (fake / "venv" / "__init__.py").touch()
    (fake / "venv" / "__main__.py").write_text("raise SystemExit(1)\n")
    code, _, err = _run(clone, "status", PYTHONPATH=str(fake))
    assert code == 1
    assert err.splitlines()[-1] == (
        "kem: Python's venv module is missing; on Debian: apt-get install python3-venv"
    )


def test_a_python_that_is_too_old_is_named(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr("platform.python_version", lambda: "3.9.2")
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(clone / "kem"), run_name="__main__")
    assert ended.value.code == 1
    assert not (clone / ".kem").exists()
