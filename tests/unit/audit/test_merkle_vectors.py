"""The tree against the public vectors of RFC 6962 trees: every proof that holds, and every one that must not.

The cases are those of github.com/transparency-dev/merkle (Apache-2.0), testdata/inclusion and
testdata/consistency, one by one as they stand there.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from services.audit.domain import tree
from tools.audit import verifier

CASES: dict[str, dict[str, dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "vectors" / "merkle.json").read_text()
)
EMPTY_LEAF = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
A_LEAF = "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
A_NODE = "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.parametrize("name", CASES["inclusion"])
def test_inclusion(name: str) -> None:
    case = CASES["inclusion"][name]
    path = [decoded(one) for one in case["proof"] or ()]
    arguments = (decoded(case["leafHash"]), case["leafIdx"], case["treeSize"], path, decoded(case["root"]))
    if not case["wantErr"]:
        verifier.check_inclusion(*arguments)
        return
    with pytest.raises(verifier.Wrong):
        verifier.check_inclusion(*arguments)


@pytest.mark.parametrize("name", CASES["consistency"])
def test_consistency(name: str) -> None:
    case = CASES["consistency"][name]
    path = [decoded(one) for one in case["proof"] or ()]
    arguments = (case["size1"], decoded(case["root1"]), case["size2"], decoded(case["root2"]), path)
    if not case["wantErr"]:
        verifier.check_consistency(*arguments)
        return
    with pytest.raises(verifier.Wrong):
        verifier.check_consistency(*arguments)


def test_there_are_cases_of_both_kinds() -> None:
    for cases in CASES.values():
        assert len(cases) == 98
        assert sum(case["wantErr"] for case in cases.values()) == 92


@pytest.mark.parametrize("module", [tree, verifier])
def test_hashes_are_those_of_the_standard(module: Any) -> None:
    assert module.leaf_hash(b"").hex() == EMPTY_LEAF
    assert module.leaf_hash(b"L123456").hex() == A_LEAF
    assert module.node_hash(b"N123", b"N456").hex() == A_NODE
