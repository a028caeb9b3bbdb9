"""Whatever is done to a ledger is found, and the first entry concerned is named."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from services.audit.domain.note import proof_file
from services.audit.domain.tree import Edge, Place, folded, inclusion_path, leaf_hash, places_of
from tests.unit.audit.ledgers import ORIGIN, Ledger, Signer, ledger
from tools.audit.verifier import (
    Checkpoint,
    Key,
    Wrong,
    canonical,
    check_ledger,
    check_proof,
    main,
    open_checkpoint,
)

EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
Harm = Callable[[Ledger], None]


def verified(one: Ledger, since: Checkpoint | None = None) -> None:
    check_ledger(one.file(), [one.signer.trusted], since)


def test_a_ledger_that_nobody_touched_is_verified() -> None:
    report = check_ledger(ledger().file(), [Signer().trusted])
    assert (report.entries, report.checkpoints, report.unsigned) == (40, 4, 3)
    assert report.sources == {"intake": 20, "referral": 20}


def flip_a_bit(one: Ledger) -> None:
    one.lines[11] = one.lines[11].replace(b"NeedRecorded", b"NeedRecordee")


def change_an_entry_with_its_hash(one: Ledger) -> None:
    one.entries[11]["type"] = "NeedWithdrawn"
    body = canonical(one.entries[11])
    one.lines[11] = base64.b64encode(leaf_hash(body)) + b" " + body + b"\n"


def leave_one_out(one: Ledger) -> None:
    del one.lines[11]


def leave_one_out_and_number_anew(one: Ledger) -> None:
    notes = one.notes
    del one.entries[11]
    for number, entry in enumerate(one.entries):
        entry["index"] = number
    one.seal()
    one.notes = notes


def swap_two(one: Ledger) -> None:
    one.lines[11], one.lines[12] = one.lines[12], one.lines[11]


def swap_two_and_number_anew(one: Ledger) -> None:
    notes = one.notes
    one.entries[11], one.entries[12] = one.entries[12], one.entries[11]
    for number, entry in enumerate(one.entries):
        entry["index"] = number
    one.seal()
    one.notes = notes


def cut_the_end_off(one: Ledger) -> None:
    del one.lines[30:]


def cut_the_end_off_and_say_so(one: Ledger) -> None:
    del one.lines[39:]
    one.header["entries"] = 39


def put_one_in(one: Ledger) -> None:
    one.lines.insert(11, one.lines[10])


def put_one_in_and_number_anew(one: Ledger) -> None:
    notes = one.notes
    one.entries.insert(11, one.entries[10] | {"salt": "f" * 32})
    for number, entry in enumerate(one.entries):
        entry["index"] = number
    one.seal()
    one.notes = notes


def leave_a_position_out(one: Ledger) -> None:
    for entry in one.entries[11:]:
        entry["position"] += entry["source"] == "referral"
    one.seal()


def date_one_back(one: Ledger) -> None:
    """With a key that is still at hand: checkpoints, hashes and all."""
    one.entries[11]["recorded_time"] = "2026-03-02T08:59:59.000000Z"
    one.seal()


def change_one_and_sign_anew(one: Ledger) -> None:
    """Made later with a key that is still at hand, but an older checkpoint stands against it."""
    one.entries[11]["type"] = "DatedBack"
    one.seal()


def write_it_in_another_form(one: Ledger) -> None:
    body = canonical(one.entries[11]).replace(b'"index":11', b'"index": 11')
    one.lines[11] = base64.b64encode(leaf_hash(body)) + b" " + body + b"\n"


@pytest.mark.parametrize(
    ("harm", "entry"),
    [
        (flip_a_bit, 11),
        (change_an_entry_with_its_hash, 8),
        (leave_one_out, 11),
        (leave_one_out_and_number_anew, 12),
        (swap_two, 11),
        (swap_two_and_number_anew, 12),
        (cut_the_end_off, 30),
        (cut_the_end_off_and_say_so, 39),
        (put_one_in, 11),
        (put_one_in_and_number_anew, 11),
        (leave_a_position_out, 11),
        (write_it_in_another_form, 11),
        (date_one_back, 11),
    ],
)
def test_what_was_done_to_it_is_found_and_named(harm: Harm, entry: int) -> None:
    """Where bodies, hashes and numbers were made anew, a checkpoint tells, and from where on it may be."""
    one = ledger()
    harm(one)
    with pytest.raises(Wrong) as found:
        verified(one)
    assert found.value.entry == entry, found.value


def test_an_older_checkpoint_finds_what_the_keeper_of_the_key_has_changed() -> None:
    one = ledger()
    older = open_checkpoint(one.notes[1], [one.signer.trusted])
    change_one_and_sign_anew(one)
    verified(one)
    with pytest.raises(Wrong, match="the checkpoint that you brought of 16") as found:
        verified(one, older)
    assert found.value.entry == 8


def test_a_ledger_that_lost_its_tail_is_found_by_an_older_checkpoint() -> None:
    older = open_checkpoint(ledger().notes[3], [Signer().trusted])
    with pytest.raises(Wrong, match="the ledger ends here, and a checkpoint stands for 37"):
        verified(ledger(30), older)


def test_a_fork_is_found() -> None:
    one, other = ledger(), ledger()
    change_one_and_sign_anew(other)
    one.notes.append(other.notes[2])
    with pytest.raises(Wrong, match="forked") as found:
        verified(one)
    assert found.value.entry == 23


def test_a_replaced_key_is_found() -> None:
    one = ledger()
    one.signer = Signer(b"2" * 32)
    one.seal()
    with pytest.raises(Wrong, match="no key that you trust"):
        check_ledger(one.file(), [Signer().trusted])


def test_a_key_that_was_rotated_still_verifies_what_it_signed() -> None:
    one, fresh = ledger(), Signer(b"2" * 32)
    edge = Edge()
    for entry in one.entries:
        edge.append(leaf_hash(canonical(entry)))
    one.notes.append(fresh.checkpoint(edge.size, edge.root))
    assert check_ledger(one.file(), [one.signer.trusted, fresh.trusted]).unsigned == 0


def test_a_checkpoint_of_another_log_is_none_of_this_one() -> None:
    one = ledger()
    one.notes[0] = one.signer.checkpoint(8, b"0" * 32, "elsewhere.example/ledger")
    with pytest.raises(Wrong, match="of another log"):
        verified(one)


def test_a_source_that_has_published_more_than_is_here_is_found() -> None:
    one = ledger()
    one.header["sources"]["notifications"] = 5
    with pytest.raises(Wrong, match="notifications has published 5 events, the ledger has 0"):
        verified(one)


def test_notes_are_those_of_the_specification() -> None:
    key = Key.read(EXAMPLE_KEY)
    with pytest.raises(Wrong, match="no checkpoint"):  # it is signed rightly, and says something else
        open_checkpoint(EXAMPLE_NOTE, [key])
    with pytest.raises(Wrong, match="forged"):
        open_checkpoint(EXAMPLE_NOTE.replace("example message", "example massage"), [key])


@pytest.mark.parametrize("index", [0, 17, 39])
def test_a_proof_verifies_by_itself(index: int) -> None:
    one, edge = ledger(sizes=(40,)), Edge()
    nodes: dict[Place, bytes] = {}
    for entry in one.entries:
        nodes.update(edge.append(leaf_hash(canonical(entry))))
    path = [folded([nodes[place] for place in places_of(span)]) for span in inclusion_path(index, 40)]
    proof, body = proof_file(index, path, one.notes[0]), canonical(one.entries[index])
    found, checkpoint = check_proof(body, proof, [one.signer.trusted])
    assert (found, checkpoint.size, checkpoint.origin) == (index, 40, ORIGIN)
    for wrong_body, wrong_proof in (
        (body.replace(b"Need", b"need"), proof),
        (body, proof.replace(f"index {index}\n", f"index {index + 1}\n")),
        (body, proof.replace("\n40\n", "\n41\n")),
        (body, proof.replace("tlog-proof@v1", "tlog-proof@v2")),
    ):
        with pytest.raises(Wrong):
            check_proof(wrong_body, wrong_proof, [one.signer.trusted])


def test_the_file_runs_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = ledger()
    file, older = tmp_path / "city.kem-ledger", tmp_path / "old.txt"
    file.write_bytes(b"".join(one.file()))
    older.write_text(one.notes[0])
    key = ["--key", one.signer.key.verifier_key]
    assert main([*key, "file", str(file), "--since", str(older)]) == 0
    said = capsys.readouterr().out
    assert "VERIFIED: 40 entries, 4 signed checkpoints." in said
    assert "It goes on from your checkpoint of 8 entries." in said
    assert main(["file", str(file), *key]) == 0, "a key may stand behind the file, as it is described"
    assert main(["file", str(file)]) == 0
    assert "can only be shown to agree with itself" in capsys.readouterr().out
    flip_a_bit(one)
    file.write_bytes(b"".join(one.file()))
    assert main([*key, "file", str(file)]) == 1
    assert "NOT VERIFIED: entry 11: the entry was changed" in capsys.readouterr().out
    assert main([*key, "file", str(tmp_path / "none")]) == 2
