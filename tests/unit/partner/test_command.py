"""The commands as they are called without a person, or without a hub."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def kem(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "KEM_DATA": str(data), "PATH": "", "COLUMNS": "110"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_partners_terminal_without_a_person_says_what_to_do_instead(tmp_path: Path) -> None:
    done = kem(tmp_path, "partner", "--agency", "KEM")
    assert done.returncode == 2
    assert "start it in a terminal" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("check",), ("trace", "2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21")])
def test_what_reads_a_hub_that_never_ran_says_so(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = kem(tmp_path, *command)
    assert done.returncode != 0
    assert "./kem up" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["partner", "trace", "check"])
def test_help_has_an_example(tmp_path: Path, command: str) -> None:
    done = kem(tmp_path, command, "--help")
    assert done.returncode == 0
    assert f"Example: ./kem {command}" in done.stdout
