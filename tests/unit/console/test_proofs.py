"""What proves an entry is checked by the console, and by the code that its page gives to the browser."""

import json
import shutil
import subprocess

import pytest

from services.console.adapters.signatures import is_signed
from services.console.domain.audit.proofs import Finding, NotProved, check_entry, read_key, read_proof
from services.console.entrypoints.rendering import STATIC
from tests.unit.console.ledger_vectors import SIZE, Vector, right_ones, wrong_ones
from tools.audit.verifier import Key, Wrong, check_proof

ALL = [*right_ones(), *wrong_ones()]

_CHECK = """
import { checkEntry } from %s;
const found = [];
for (const one of %s) found.push(await checkEntry(one.body, one.index, one.path, one.note, [one.key]));
console.log(JSON.stringify(found));
"""


def found_by_console(one: Vector) -> str:
    try:
        check_entry(one.body, one.proof, [read_key(one.key)], is_signed)
    except NotProved as wrong:
        return str(wrong.finding)
    return "VERIFIED"


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_the_console_finds_what_is_wrong_with_a_proof(one: Vector) -> None:
    assert found_by_console(one) == one.finding


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_the_auditors_own_verifier_agrees(one: Vector) -> None:
    try:
        index, checkpoint = check_proof(one.body.encode(), one.proof, [Key.read(one.key)])
    except Wrong:
        assert one.finding != "VERIFIED"
    else:
        assert (one.finding, index, checkpoint.size) == ("VERIFIED", one.index, SIZE)


def test_an_entry_under_no_checkpoint_yet_is_said_to_be_so() -> None:
    with pytest.raises(NotProved) as wrong:
        read_proof("")
    assert wrong.value.finding is Finding.NOT_COVERED


def test_the_browsers_code_finds_the_same() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here")
    given = [
        {"body": one.body, "index": str(one.index), "path": one.path, "note": one.note, "key": one.key}
        for one in ALL
    ]
    script = _CHECK % (json.dumps(str(STATIC / "audit.js")), json.dumps(given))
    done = subprocess.run(
        [node, "--input-type=module", "-e", script], capture_output=True, text=True, timeout=60, check=True
    )
    found = dict(zip((one.name for one in ALL), json.loads(done.stdout), strict=True))
    assert found == {one.name: one.finding for one in ALL}
