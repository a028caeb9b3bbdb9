"""The file that remembers how far a terminal has come."""

from pathlib import Path

import pytest

from tools.partner.cursor import Cursor


def test_the_next_sitting_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    folder = tmp_path / "partner"
    Cursor(folder, "one").advance(7)
    Cursor(folder, "other").advance(3)
    assert Cursor(folder, "one").sequence == 7
    assert (folder / "one.json").stat().st_mode & 0o777 == 0o600


def test_who_never_sat_here_is_told_apart(tmp_path: Path) -> None:
    assert Cursor(tmp_path, "one").is_new
    Cursor(tmp_path, "one").advance(0)
    assert not Cursor(tmp_path, "one").is_new


@pytest.mark.parametrize("content", ["", "{", '{"sequence": "x"}', "[]", '{"sequence": -4}'])
def test_a_file_that_cannot_be_read_begins_the_inbox_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "one.json").write_text(content)
    assert Cursor(tmp_path, "one").sequence == 0
