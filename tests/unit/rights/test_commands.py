"""What is said to the commands about rights: every choice of the contract, words from stdin, ids in order."""

import io
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest

from kem.disclosure.v1 import complaint_service_pb2, rights_service_pb2
from tools.__main__ import main
from tools.rights import choices
from tools.said import chosen, id_of, instant, moment, told, words
from tools.stack.failure import StackFailure

OFFERED: list[tuple[type[StrEnum], Any]] = [
    (choices.Right, rights_service_pb2.Right),
    (choices.AskedBy, rights_service_pb2.AskedBy),
    (choices.ExtensionGround, rights_service_pb2.ExtensionGround),
    (choices.RightsAnswer, rights_service_pb2.RightsAnswer),
    (choices.RefusalGround, rights_service_pb2.RefusalGround),
    (choices.NoExportGround, rights_service_pb2.NoExportGround),
    (choices.IdentityProof, rights_service_pb2.IdentityProof),
    (choices.ComplaintKind, complaint_service_pb2.ComplaintKind),
    (choices.ComplaintFinding, complaint_service_pb2.ComplaintFinding),
]


@pytest.mark.parametrize(("offered", "enum"), OFFERED, ids=lambda one: getattr(one, "__name__", ""))
def test_everything_that_the_contract_knows_can_be_chosen_and_is_shown_as_it_is_said(
    offered: type[StrEnum], enum: Any
) -> None:
    numbers = {chosen(enum, one): one for one in offered}
    assert set(numbers) == set(enum.values()) - {0}
    assert {number: told(enum, number) for number in numbers} == numbers
    assert (chosen(enum, None), told(enum, 0)) == (0, "")


def test_the_clock_of_a_command_is_that_of_athens() -> None:
    said = instant(datetime(2026, 7, 1, 9, 30))  # noqa: DTZ001  as it is typed
    assert said.ToDatetime(tzinfo=UTC) == datetime(2026, 7, 1, 6, 30, tzinfo=UTC)
    assert moment(said) == "2026-07-01 09:30"


def test_words_come_from_stdin_where_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("What was disputed\nis settled.\n"))
    assert words("Why it is lifted") == "What was disputed\nis settled."
    monkeypatch.setattr("sys.stdin", io.StringIO(" \n"))
    with pytest.raises(StackFailure, match="Why it is lifted: nothing was written"):
        words("Why it is lifted")


def test_what_is_no_id_is_said_before_anything_is_asked_of_the_hub(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["rights", "lift", "7"])
    assert ended.value.code == 2
    assert "7 is no id of a request; ./kem rights list shows them" in capsys.readouterr().err
    with pytest.raises(StackFailure):
        id_of("", "a person")


def test_nobody_is_erased_who_was_not_confirmed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    with pytest.raises(SystemExit) as ended:
        main(["rights", "erase", "2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21", "--identity", "document-seen"])
    assert ended.value.code == 2
    assert "Say --yes where nobody can be asked" in capsys.readouterr().err
