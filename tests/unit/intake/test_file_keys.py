"""The key folder: made once, noticed when it is wrong, and destroyed by epoch."""

import os
import stat
from pathlib import Path

import pytest

from services.intake.adapters.file_keys import ROOT_FILE, FileKeyProvider
from services.intake.adapters.keys import EpochDestroyed, KeysUnusable, WrappedKey


@pytest.fixture
def keys(tmp_path: Path) -> FileKeyProvider:
    FileKeyProvider.initialise(tmp_path)
    return FileKeyProvider.open(tmp_path)


def test_keys_are_made_once_and_nobody_else_may_read_them(keys: FileKeyProvider, tmp_path: Path) -> None:
    FileKeyProvider.initialise(tmp_path)
    assert FileKeyProvider.open(tmp_path).fingerprint == keys.fingerprint
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o400}
    assert keys.current_epoch == 1


def test_a_key_opens_for_its_own_context_only(keys: FileKeyProvider) -> None:
    wrapped = keys.wrap(b"k" * 32, b"person|core")
    assert keys.unwrap(wrapped, b"person|core") == b"k" * 32
    for wrong in (wrapped, WrappedKey(1, wrapped.wrapped[:-1] + b"\x00")):
        with pytest.raises(KeysUnusable):
            keys.unwrap(wrong, b"somebody else|core")


def test_after_an_epoch_is_destroyed_only_what_was_rewrapped_opens(
    keys: FileKeyProvider, tmp_path: Path
) -> None:
    kept, lost = keys.wrap(b"a" * 32, b"kept"), keys.wrap(b"b" * 32, b"lost")
    elsewhere = FileKeyProvider.open(tmp_path)
    assert keys.begin_epoch() == 2
    assert elsewhere.current_epoch == 2
    rewrapped = elsewhere.rewrap(kept, b"kept")
    assert rewrapped.epoch == 2
    with pytest.raises(ValueError, match="in use"):
        keys.destroy_epoch(2)
    keys.destroy_epoch(1)
    keys.destroy_epoch(1)
    assert keys.unwrap(rewrapped, b"kept") == b"a" * 32
    with pytest.raises(EpochDestroyed):
        keys.unwrap(lost, b"lost")
    with pytest.raises(EpochDestroyed):
        FileKeyProvider.open(tmp_path).unwrap(lost, b"lost")


def test_the_index_stays_the_same_in_every_epoch_and_differs_by_field(keys: FileKeyProvider) -> None:
    before = keys.digest("index/PHONE", b"+306912345678")
    keys.begin_epoch()
    assert keys.digest("index/PHONE", b"+306912345678") == before
    assert keys.digest("index/AMKA", b"+306912345678") != before


def test_a_missing_a_foreign_and_an_open_key_are_each_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeysUnusable, match="missing"):
        FileKeyProvider.open(tmp_path)
    mine, other = tmp_path / "mine", tmp_path / "other"
    for folder in (mine, other):
        folder.mkdir()
        FileKeyProvider.initialise(folder)
    root = mine / ROOT_FILE
    root.unlink()
    os.link(other / ROOT_FILE, root)
    with pytest.raises(KeysUnusable, match="not made by the root key"):
        FileKeyProvider.open(mine)
    root.unlink()
    root.write_text("not a key")
    root.chmod(0o400)
    with pytest.raises(KeysUnusable, match="not a root key"):
        FileKeyProvider.open(mine)
    (other / ROOT_FILE).chmod(0o440)
    with pytest.raises(KeysUnusable, match="chmod 0400"):
        FileKeyProvider.open(other)
