"""A trace that somebody takes along says nothing that its proofs do not stand for."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.audit.domain.note import proof_file
from services.audit.domain.tree import Edge, Place, folded, inclusion_path, leaf_hash, places_of
from tests.unit.audit.ledgers import Ledger, ledger
from tools.audit.verifier import TRACE_FORMAT, canonical, main

INDICES = (3, 17, 39)


def trace() -> tuple[Ledger, dict[str, Any]]:
    """Three entries of a ledger of forty, each with its proof."""
    one, edge = ledger(sizes=(40,)), Edge()
    nodes: dict[Place, bytes] = {}
    for entry in one.entries:
        nodes.update(edge.append(leaf_hash(canonical(entry))))
    entries = []
    for index in INDICES:
        path = [folded([nodes[place] for place in places_of(span)]) for span in inclusion_path(index, 40)]
        body = canonical(one.entries[index]).decode()
        entries.append({"body": body, "proof": proof_file(index, path, one.notes[0])})
    keys = [one.signer.key.verifier_key]
    return one, {"format": TRACE_FORMAT, "id": "r1", "keys": keys, "entries": entries}


def verified(found: Any, folder: Path, one: Ledger, *arguments: str) -> int:
    file = folder / "one.kem-trace"
    file.write_text(found if isinstance(found, str) else json.dumps(found, indent=1))
    return main(["--key", one.signer.key.verifier_key, "file", str(file), *arguments])


def test_what_is_shown_of_an_entry_is_what_its_proof_stands_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, found = trace()
    found["entries"][1]["line"] = "#17 The agency was never given anything."
    assert verified(found, tmp_path, one) == 0
    said = capsys.readouterr().out
    assert "never given" not in said
    for index in INDICES:
        assert f"#{index} NeedRecorded" in said
    assert "VERIFIED: 3 entries" in said


@pytest.mark.parametrize(
    "entries", [["x"], [{}], [{"body": "[]", "proof": ""}], "x", None, [{"body": "1", "proof": 5}]]
)
def test_a_trace_that_is_damaged_is_said_to_be_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], entries: Any
) -> None:
    one, found = trace()
    assert verified(found | {"entries": entries}, tmp_path, one) == 1
    assert "NOT VERIFIED" in capsys.readouterr().out


def test_a_trace_in_one_line_is_a_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, found = trace()
    assert verified(json.dumps(found), tmp_path, one) == 0
    assert "VERIFIED: 3 entries" in capsys.readouterr().out


def test_a_trace_is_not_held_against_an_older_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, found = trace()
    older = tmp_path / "older"
    older.write_text(one.notes[0])
    assert verified(found, tmp_path, one, "--since", str(older)) == 1
    said = capsys.readouterr().out
    assert "export the ledger" in said
    assert "NeedRecorded" not in said, "nothing is shown before it is refused"
