"""The operator's commands without a hub: each explains itself by an example, and says what to start."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from tools import operate
from tools.__main__ import main
from tools.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[3]
EVENT = "01a2136c-64b3-7a56-a3fa-e858b59aeeff"


def doors() -> list[list[str]]:
    """Every command of this room, down to the last word."""
    app = typer.Typer()
    operate.register(app)
    found: list[list[str]] = []

    def walk(words: list[str], command: Any) -> None:
        if words:
            found.append(words)
        for name, inner in getattr(command, "commands", {}).items():
            walk([*words, name], inner)

    walk([], typer.main.get_group(app))
    return found


def kem(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "tools", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "KEM_DATA": str(data), "PATH": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_each_command_is_found_from_the_outside() -> None:
    assert {words[0] for words in doors()} == {
        name for name, module in COMMANDS.items() if module == "tools.operate"
    }


@pytest.mark.parametrize("words", doors(), ids=" ".join)
def test_help_has_an_example(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    assert f"Example: ./kem {' '.join(words)}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["topics"],
        ["topics", "create"],
        ["lag"],
        ["replay"],
        ["events", "tail"],
        ["events", "show", EVENT],
        ["dead-letters", "list"],
    ],
    ids=" ".join,
)
def test_where_nothing_runs_one_sentence_says_so(tmp_path: Path, words: list[str]) -> None:
    done = kem(tmp_path, *words)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "kem: KEM is not running here; start it with ./kem up.\n"
