"""What drafts say opens only where it belongs, and as long as the epoch of its key lasts."""

from dataclasses import replace
from pathlib import Path

import pytest

from kernel.ids import random_id
from services.intake.adapters.draft_sealing import DraftSealer
from services.intake.adapters.file_keys import KeyFolder
from services.intake.adapters.keys import KeyProvider, KeysUnusable
from services.intake.adapters.sealing import RecordAltered

CONTENT = "λόγια".encode()


@pytest.fixture
def keys(tmp_path: Path) -> KeyProvider:
    folder = KeyFolder(tmp_path)
    folder.initialise()
    return folder.open()


def test_a_draft_opens_for_its_writer_and_under_its_id_only(keys: KeyProvider) -> None:
    sealer, writer, draft = DraftSealer(keys), random_id(), random_id()
    sealed = sealer.seal(writer, draft, CONTENT)
    assert sealer.open(writer, draft, sealed) == CONTENT
    assert CONTENT not in sealed.content
    for wrong in ((random_id(), draft), (writer, random_id())):
        with pytest.raises(KeysUnusable):
            sealer.open(*wrong, sealed)
    with pytest.raises(RecordAltered):
        sealer.open(writer, draft, replace(sealed, content=sealer.seal(writer, draft, CONTENT).content))


def test_no_two_saves_share_a_key(keys: KeyProvider) -> None:
    sealer, writer, draft = DraftSealer(keys), random_id(), random_id()
    first, second = (sealer.seal(writer, draft, CONTENT) for _ in range(2))
    assert first.key_id != second.key_id
    assert first.key.wrapped != second.key.wrapped


def test_with_its_epoch_a_draft_is_gone(keys: KeyProvider) -> None:
    sealer, writer, draft = DraftSealer(keys), random_id(), random_id()
    sealed = sealer.seal(writer, draft, CONTENT)
    keys.begin_epoch()
    assert sealer.open(writer, draft, sealed) == CONTENT
    keys.destroy_epoch(sealed.key.epoch)
    assert sealer.open(writer, draft, sealed) is None
    assert sealed.key.epoch not in sealer.epochs()
