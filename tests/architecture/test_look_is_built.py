"""The style sheets and scripts that are committed are what their sources give."""

import shutil
from pathlib import Path

import pytest

from tools import look
from tools.stack.debian import ProgramMissing


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("look")
    try:
        look.build(folder)
    except ProgramMissing as missing:
        pytest.skip(str(missing))
    return folder


def test_what_is_committed_is_what_the_sources_give(built: Path) -> None:
    for name in look.BUILT:
        assert (look.STATIC / name).read_bytes() == (built / name).read_bytes(), (
            f"{name}: run python -m tools.look build"
        )


def test_a_file_that_was_changed_by_hand_is_found(built: Path, tmp_path: Path) -> None:
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    assert look.stale(tmp_path) == []
    with (tmp_path / "console.css").open("a") as sheet:
        sheet.write(".by-hand{}")
    (tmp_path / "htmx.min.js").unlink()
    assert look.stale(tmp_path) == ["console.css", "htmx.min.js"]


def test_the_look_loads_nothing_from_elsewhere() -> None:
    """Neither fonts nor pictures: pages work without the world outside, and nobody there hears of readers."""
    for name in ("console.css", "console-rtl.css"):
        assert "url(" not in (look.STATIC / name).read_text()
        assert "GDS Transport" not in (look.STATIC / name).read_text()
