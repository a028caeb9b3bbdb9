"""Contracts: generated code is current, and a released promise cannot be broken unseen."""

import shutil
from pathlib import Path

import pytest

from tools.protos import PROTOS, ProtosFailure, check, generate, release

_THING = """// Things of this test.
syntax = "proto3";

package kem.thing.v1;

// A thing.
message Thing {
  // What it is called.
  string name = 1;
}
"""


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    protos = tmp_path / "protos"
    (protos / "kem/thing/v1").mkdir(parents=True)
    (protos / "kem/thing/v1/thing.proto").write_text(_THING)
    shutil.copy(PROTOS / "buf.yaml", protos)
    generate(protos, tmp_path / "gen")
    return tmp_path


def test_generated_code_is_what_the_contracts_give_and_the_contracts_pass_their_rules() -> None:
    check()


def test_generated_code_that_was_edited_by_hand_is_noticed(scratch: Path) -> None:
    generated = scratch / "gen/kem/thing/v1/thing_pb2.py"
    generated.write_text(generated.read_text() + "# edited\n")
    with pytest.raises(ProtosFailure, match=r"thing_pb2\.py"):
        check(scratch / "protos", scratch / "gen")
    assert generate(scratch / "protos", scratch / "gen") == [Path("kem/thing/v1/thing_pb2.py")]
    check(scratch / "protos", scratch / "gen")


def test_a_field_without_a_comment_fails(scratch: Path) -> None:
    _rewrite(scratch, "  // What it is called.\n", "")
    with pytest.raises(ProtosFailure, match="non-empty comment"):
        check(scratch / "protos", scratch / "gen")


def test_a_released_field_cannot_change_its_type(scratch: Path) -> None:
    release("v0.1.0", scratch / "protos", scratch / "gen")
    _rewrite(scratch, "string name", "bytes name")
    with pytest.raises(ProtosFailure, match="changed type"):
        check(scratch / "protos", scratch / "gen")


def test_a_release_is_never_written_again(scratch: Path) -> None:
    release("v0.1.0", scratch / "protos", scratch / "gen")
    with pytest.raises(ProtosFailure, match="released before"):
        release("v0.1.0", scratch / "protos", scratch / "gen")


def test_the_newest_release_by_number_is_what_binds(scratch: Path) -> None:
    release("v0.9.0", scratch / "protos", scratch / "gen")
    _rewrite(scratch, "string name = 1;\n", "string name = 1;\n  // How many.\n  int32 count = 2;\n")
    release("v0.10.0", scratch / "protos", scratch / "gen")
    _rewrite(scratch, "  // How many.\n  int32 count = 2;\n", "")
    with pytest.raises(ProtosFailure, match="count"):
        check(scratch / "protos", scratch / "gen")


def _rewrite(scratch: Path, old: str, new: str) -> None:
    proto = scratch / "protos/kem/thing/v1/thing.proto"
    proto.write_text(proto.read_text().replace(old, new))
    generate(scratch / "protos", scratch / "gen")
