"""What a disclosure rested on, told from the entries that permitted it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.audit.domain.questions.catalogue import QUESTIONS
from services.audit.domain.questions.question import Asked
from tools.audit.answering import category_of
from tools.stack.failure import StackFailure

QUESTION = QUESTIONS["why"]
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
AGENCY = "00000000-0000-4000-8000-00000000000a"

CONSENT, OTHER = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
UNTIL = "2027-01-01T00:00:00Z"
TEXTS = [{"language": "el", "sha256": "a" * 64}]


def body(index: int, kind: str, fact: dict[str, Any], version: int = 1) -> dict[str, Any]:
    return {
        "index": index,
        "type": kind,
        "event_time": "2026-11-02T09:00:00.000000Z",
        "fact": fact,
        "envelope": {"aggregate_version": version},
    }


GROUNDS = [
    body(1, "AgreementChanged", {"valid_until_time": UNTIL}, version=1),
    body(2, "AgreementChanged", {"valid_until_time": UNTIL}, version=2),
    body(
        3, "ConsentRecorded", {"consent_id": CONSENT, "valid_until_time": UNTIL, "notice_version": "2026-1"}
    ),
    body(4, "ConsentRecorded", {"consent_id": OTHER, "valid_until_time": UNTIL, "notice_version": "2026-2"}),
    body(
        0, "NoticePublished", {"notice_version": "2026-1", "texts": [{"language": "el", "sha256": "a" * 64}]}
    ),
    body(9, "AgreementChanged", {"valid_until_time": UNTIL}, version=3),
]


def reasons(given: dict[str, Any], grounds: list[dict[str, Any]]) -> list[list[str]]:
    """Of the answer each line's entry, what, detail, until and outcome, below the disclosure itself."""
    first, *found = QUESTION.answer([*grounds, given], Asked(NOW, AGENCY, "NAME"))
    assert first.entries == (given["index"],)
    names = [column.name for column in QUESTION.columns]
    lines = []
    for line in found:
        told = dict(zip(names, (" ".join(cell) for cell in line.cells), strict=True))
        lines.append([str(line.entries[0]), *(told[name] for name in ("what", "detail", "until", "outcome"))])
    return lines


def test_consent_notice_cell_and_agreement_of_that_moment_are_told_with_their_entries() -> None:
    given = {
        "agency_id": AGENCY,
        "given_mask": 1,
        "legal_bases": ["CONSENT"],
        "purpose": "SERVICE_LEGAL",
        "consent_ids": [CONSENT],
        "cell_ids": ["c7"],
    }
    one = body(5, "DisclosureGiven", given)
    assert reasons(one, GROUNDS) == [
        ["5", "CELL", "c7", "", ""],
        ["3", "CONSENT", f"{CONSENT} · 2026-1", "2027-01-01T00:00:00Z", ""],
        ["0", "NOTICE", "2026-1 · el aaaaaaaaaaaaaaaa…", "", ""],
        ["2", "AGREEMENT", "2", "2027-01-01T00:00:00Z", ""],
    ]
    first, *_ = QUESTION.answer([*GROUNDS, one], Asked(NOW, AGENCY, "NAME"))
    assert [" ".join(cell) for cell in first.cells[1:4]] == ["GIVEN", "CONSENT", "SERVICE_LEGAL"]


def test_of_another_agency_or_other_data_nothing_is_told() -> None:
    given = {"agency_id": AGENCY, "given_mask": 1, "legal_bases": ["CONSENT"]}
    entries = [*GROUNDS, body(5, "DisclosureGiven", given)]
    assert list(QUESTION.answer(entries, Asked(NOW, OTHER, "NAME"))) == []
    assert list(QUESTION.answer(entries, Asked(NOW, AGENCY, "HEALTH"))) == []
    hidden = body(6, "DisclosureGiven", {"agency_id": AGENCY, "legal_bases": ["CONSENT"]})
    first, *_ = QUESTION.answer([*entries, hidden], Asked(NOW, AGENCY, "HEALTH"))
    assert first.cells[1] == ("GIVEN_RESTRICTED",), "of a restricted service no category is told"


def test_what_was_told_on_consent_by_telephone_names_it_and_the_agreement_of_the_call() -> None:
    given = {
        "agency_id": AGENCY,
        "given_mask": 1,
        "legal_basis": "CONSENT",
        "consent_ids": [CONSENT],
        "cell_ids": ["c7"],
        "agreement_version": 1,
    }
    found = reasons(body(5, "HandoverRecorded", given), GROUNDS)
    assert [line[:3] for line in found if line[1] == "AGREEMENT"] == [["1", "AGREEMENT", "1"]]
    assert [line[1] for line in found] == ["CELL", "CONSENT", "NOTICE", "AGREEMENT"]


def test_what_rests_on_no_consent_tells_who_had_to_decide_and_to_look_with_their_entries() -> None:
    access, request = "00000000-0000-4000-8000-0000000000e1", "00000000-0000-4000-8000-0000000000e2"
    steps = [
        body(10, "EmergencyAccessRequested", {"emergency_access_id": access}),
        body(
            11,
            "EmergencyAccessDecided",
            {"emergency_access_id": access, "authorised": True, "valid_until_time": UNTIL},
        ),
        body(13, "EmergencyReviewed", {"subject_id": access}),
        body(14, "CompelledRequestRegistered", {"compelled_request_id": request}),
        body(15, "CompelledRequestDecided", {"compelled_request_id": request, "allowed_mask": 1}),
    ]
    theirs = {"agency_id": AGENCY, "given_mask": 1}
    vital = theirs | {
        "emergency_access_id": access,
        "legal_basis": "VITAL_INTEREST",
        "agreement_version": 2,
    }
    assert reasons(body(12, "EmergencyDisclosureGiven", vital), [*GROUNDS, *steps]) == [
        ["10", "EMERGENCY_ASKED", "", "", ""],
        ["11", "EMERGENCY_DECIDED", "", "2027-01-01T00:00:00Z", "ALLOWED"],
        ["13", "REVIEWED", "", "", "NOT_JUSTIFIED"],
        ["2", "AGREEMENT", "2", "2027-01-01T00:00:00Z", ""],
    ]
    compelled = theirs | {"compelled_request_id": request, "legal_basis": "LEGAL_OBLIGATION"}
    assert reasons(body(16, "CompelledDisclosureGiven", compelled), [*GROUNDS, *steps]) == [
        ["14", "COMPELLED_REGISTERED", "", "", ""],
        ["15", "COMPELLED_DECIDED", "", "", "ALLOWED"],
    ]


@pytest.mark.parametrize(
    ("word", "code"), [("phone", "SAFE_CONTACT"), ("Name", "NAME"), ("HEALTH", "HEALTH")]
)
def test_people_s_words_mean_categories(word: str, code: str) -> None:
    assert category_of(word) == code


def test_what_is_no_kind_of_data_is_said_with_those_there_are() -> None:
    with pytest.raises(StackFailure, match="SAFE_CONTACT"):
        category_of("shoe size")
