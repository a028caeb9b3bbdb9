"""What a disclosure rested on, told from the entries that permitted it."""

import json
from typing import Any

import pytest

from tools.audit.why import category_of, rests_on
from tools.stack.failure import StackFailure

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


def test_consent_notice_cell_and_agreement_of_that_moment_are_told_with_their_entries() -> None:
    given = {
        "legal_bases": ["CONSENT"],
        "purpose": "SERVICE_LEGAL",
        "consent_ids": [CONSENT],
        "cell_ids": ["c7"],
    }
    said = list(rests_on(body(5, "DisclosureGiven", given), GROUNDS))
    assert said[0] == "legal basis: CONSENT; for SERVICE_LEGAL"
    assert said[1] == "grant cell c7"
    assert f"consent {CONSENT}" in said[2]
    assert "(#3), until 2027-01-01, under notice 2026-1" in said[2]
    assert "notice 2026-1" in said[3]
    assert "el aaaaaaaaaaaaaaaa…" in said[3]
    assert said[4].startswith("agreement version 2, changed")
    assert len(said) == 5
    assert OTHER not in json.dumps(said)


def test_what_was_told_by_telephone_rests_on_its_own_basis() -> None:
    said = list(rests_on(body(5, "HandoverRecorded", {"legal_basis": "VITAL_INTEREST"}), GROUNDS[:1]))
    assert said[0] == "legal basis: VITAL_INTEREST"


def test_what_was_told_on_consent_by_telephone_names_it_and_the_agreement_of_the_call() -> None:
    given = {"legal_basis": "CONSENT", "consent_ids": [CONSENT], "cell_ids": ["c7"], "agreement_version": 1}
    said = "\n".join(rests_on(body(5, "HandoverRecorded", given), GROUNDS))
    assert f"consent {CONSENT}" in said
    assert "grant cell c7" in said
    assert "agreement version 1, changed" in said
    assert "agreement version 2" not in said


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
    vital = {"emergency_access_id": access, "legal_basis": "VITAL_INTEREST", "agreement_version": 2}
    basis, asked, decided, looked, agreement = rests_on(
        body(12, "EmergencyDisclosureGiven", vital), [*GROUNDS, *steps]
    )
    assert basis == "legal basis: VITAL_INTEREST"
    assert asked.endswith("(#10)")
    assert decided.endswith("(#11): allowed until 2027-01-01T00:00")
    assert looked.endswith("(#13): NOT JUSTIFIED")
    assert agreement.startswith("agreement version 2, changed")
    compelled = {"compelled_request_id": request, "legal_basis": "LEGAL_OBLIGATION"}
    basis, registered, decided = rests_on(body(16, "CompelledDisclosureGiven", compelled), [*GROUNDS, *steps])
    assert basis == "legal basis: LEGAL_OBLIGATION"
    assert registered.endswith("(#14)")
    assert decided.endswith("(#15): allowed")


@pytest.mark.parametrize(
    ("word", "code"), [("phone", "SAFE_CONTACT"), ("Name", "NAME"), ("HEALTH", "HEALTH")]
)
def test_people_s_words_mean_categories(word: str, code: str) -> None:
    assert category_of(word) == code


def test_what_is_no_kind_of_data_is_said_with_those_there_are() -> None:
    with pytest.raises(StackFailure, match="SAFE_CONTACT"):
        category_of("shoe size")
