"""Each question of the auditors, answered from a few entries of which some are wrong and some are not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.plain_events import ENVELOPES
from services.audit.domain.questions.catalogue import QUESTIONS
from tests.unit.audit.entries import A, B, answer, body, cells, told


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_asks_for_facts_that_there_are_and_says_nothing_of_no_entries(name: str) -> None:
    known = {
        field.message_type.name
        for envelope in ENVELOPES.values()
        for field in envelope.DESCRIPTOR.oneofs_by_name["fact"].fields
        if field.message_type
    }
    assert set(QUESTIONS[name].kinds) <= known
    assert [line for line in answer(name) if line.entries] == []


def test_what_left_by_telephone_is_told_with_its_basis() -> None:
    by_telephone = body(
        4, "HandoverRecorded", {"agency_id": A, "given_mask": 5, "legal_basis": "VITAL_INTEREST"}
    )
    hidden = body(5, "HandoverRecorded", {"agency_id": A, "legal_basis": "CONSENT"})
    on_paper = body(6, "ReceiptIssued", {"agency_id": A})
    first, second, third = answer("off-the-wire", by_telephone, hidden, on_paper)
    assert told("off-the-wire", first) == {
        "time": "2026-11-01T09:00:00Z",
        "way": "TELEPHONE",
        "agency": A,
        "categories": "NAME SAFE_CONTACT",
        "basis": "VITAL_INTEREST",
        "by": "ann",
        "referral": "r1",
    }
    assert first.entries == (4,)
    assert told("off-the-wire", second)["categories"] == "", "what, is read at intake"
    assert (told("off-the-wire", third)["way"], told("off-the-wire", third)["agency"]) == ("RECEIPT", "")


def test_an_offer_that_was_not_the_first_of_the_match_is_an_override() -> None:
    def offered(index: int, service: str, **more: str) -> dict[str, Any]:
        proposed = [{"service_id": "s1"}, {"service_id": "s2"}]
        return body(
            index, "ReferralOffered", {"service_id": service, "considered": {"proposed": proposed}} | more
        )

    found = answer(
        "overridden",
        offered(1, "s1", chosen_by="PERSON"),
        offered(2, "s2", chosen_by="PERSON"),
        offered(3, "s9", chosen_by="PERSON", override_reason="DIRECTORY_OUT_OF_DATE"),
        offered(4, "s2", chosen_by="MATCH"),
    )
    assert [(line.entries, *cells(line)[1:]) for line in found] == [
        ((2,), "r1", "s2", "2", "2", "PERSON_CHOSE", "ann"),
        ((3,), "r1", "s9", "", "2", "DIRECTORY_OUT_OF_DATE", "ann"),
    ]


def test_what_was_taken_up_and_never_began_is_told_after_two_weeks_with_who_has_looked_after_it() -> None:
    def of(index: int, kind: str, referral_id: str, day: int) -> dict[str, Any]:
        return body(index, kind, {"agency_id": A}, day=day, referral_id=referral_id)

    def looked(index: int, day: int, actor: str, agency_id: str, **more: Any) -> dict[str, Any]:
        method = "/kem.referral.v1.ReferralService/GetReferral"
        fact = {"method": method, "outcome": "GRANTED", "subject_ids": ["waits"]} | more
        one = body(index, "AccessRecorded", fact, day=day, actor=actor)
        one["envelope"]["actor"]["agency_id"] = agency_id
        return one

    found = answer(
        "never-started",
        looked(0, 1, "early", B),
        of(1, "ReferralAccepted", "waits", 2),
        of(2, "ReferralAccepted", "began", 2),
        of(3, "ServiceStarted", "began", 4),
        of(4, "ReferralAccepted", "young", 25),
        of(5, "ReferralAccepted", "alone", 3),
        looked(6, 9, "ann", B),
        looked(7, 20, "ann", B),
        looked(8, 21, "the holder", A),
        looked(9, 22, "refused", B, outcome="REFUSED"),
        looked(10, 23, "lister", B, method="/kem.referral.v1.ReferralService/ListReferrals"),
        looked(11, 24, "ben", "", subject_ids=["began", "waits"]),
    )
    assert [line.entries for line in found] == [(1, 6, 7, 11), (5,)]
    assert cells(found[0]) == ["waits", A, "28", "ann ben", "2026-11-24T09:00:00Z"]
    assert cells(found[1]) == ["alone", A, "27", "", ""], "nobody else has looked at it since"


def test_who_enters_late_is_told_with_the_longest() -> None:
    late = {"happened_time": "2026-11-01T09:00:00.000000Z"}
    found = answer(
        "late-entries",
        body(1, "NeedRecorded", late, day=9),
        body(2, "ContactAttempted", late, day=4),
        body(3, "NeedRecorded", late, day=1, actor="ben"),
    )
    assert [(cells(line), line.entries) for line in found] == [(["ann", "2", "8"], (1, 2))]


def test_recalls_are_told_with_what_became_of_them() -> None:
    def opened(index: int, recall_id: str, due: str) -> dict[str, Any]:
        return body(
            index, "RecallOpened", {"recall_id": recall_id, "agency_id": A, "due_time": f"{due}T00:00:00Z"}
        )

    said = {
        "recall_id": "done",
        "agency_id": A,
        "destroyed_mask": 1,
        "kept_mask": 4,
        "kept_ground": "LEGAL_CLAIM",
    }
    found = answer(
        "recalls",
        opened(1, "done", "2026-11-02"),
        opened(2, "late", "2026-11-03"),
        opened(3, "open", "2026-12-24"),
        body(4, "RecallAcknowledged", said),
    )
    assert [line.entries for line in found] == [(1, 4), (2,), (3,)]
    assert cells(found[0])[2:] == [
        *("ANSWERED", "2026-11-02T00:00:00Z", "NAME", "SAFE_CONTACT", "LEGAL_CLAIM", "r1")
    ]
    assert [cells(line)[2] for line in found] == ["ANSWERED", "OVERDUE", "OPEN"]


def test_requests_by_right_that_are_late_or_forgotten_are_told() -> None:
    def asked(index: int, request_id: str, due: str, kind: str = "RightsRequestRegistered") -> dict[str, Any]:
        return body(index, kind, {"rights_request_id": request_id, "due_time": f"{due}T00:00:00+00:00"})

    found = answer(
        "late-rights",
        asked(1, "late", "2026-11-05"),
        asked(2, "forgotten", "2026-11-06"),
        asked(3, "extended", "2026-11-06"),
        asked(4, "extended", "2027-01-06", "RightsRequestExtended"),
        body(5, "RightsRequestAnswered", {"rights_request_id": "late"}, day=9),
    )
    assert [(line.entries, *cells(line)) for line in found] == [
        ((1, 5), "late", "ANSWERED_LATE", "2026-11-05T00:00:00Z", "2026-11-09T09:00:00Z"),
        ((2,), "forgotten", "NOT_ANSWERED", "2026-11-06T00:00:00Z", ""),
    ]


def test_an_emergency_that_the_same_person_reviews_is_told() -> None:
    def part(index: int, kind: str, access_id: str, actor: str, **more: Any) -> dict[str, Any]:
        name = "subject_id" if kind == "EmergencyReviewed" else "emergency_access_id"
        return body(index, kind, {name: access_id, "kind": "EMERGENCY_ACCESS"} | more, actor=actor)

    found = answer(
        "emergencies",
        part(1, "EmergencyAccessRequested", "x", "ann"),
        part(2, "EmergencyAccessDecided", "x", "ben"),
        part(3, "EmergencyReviewed", "x", "ann", justified=True),
        part(4, "EmergencyAccessRequested", "y", "cleo"),
    )
    assert [(line.entries, *cells(line)[2:]) for line in found] == [
        ((1, 2, 3), "ann", "ben", "ann", "JUSTIFIED", "SAME_PERSON_TWICE", "r1"),
        ((4,), "cleo", "", "", "NOT_REVIEWED", "INDEPENDENT", "r1"),
    ]


def test_a_search_behind_which_nothing_was_done_is_told() -> None:
    search = {"method": "/kem.intake.v1.IntakeService/SearchBeneficiaries", "outcome": "GRANTED"}
    read = {"method": "/kem.intake.v1.IntakeService/GetBeneficiary", "outcome": "GRANTED"}
    found = answer(
        "idle-searches",
        body(1, "AccessRecorded", search | {"stated_reason": "FOLLOW_UP"}, hour=9),
        body(2, "AccessRecorded", read, hour=10),
        body(3, "AccessRecorded", search, hour=9, actor="ben"),
        body(4, "AccessRecorded", read, hour=20, actor="ben"),
        body(5, "AccessRecorded", search | {"outcome": "REFUSED"}, actor="cleo"),
    )
    assert [line.entries for line in found] == [(3,)]


def test_the_states_of_a_day_add_up_to_the_needs_and_each_is_shown_by_its_entry() -> None:
    def of(index: int, kind: str, referral_id: str, day: int) -> dict[str, Any]:
        return body(index, kind, {"referral_id": referral_id}, day=day, referral_id=referral_id)

    entries = (
        of(1, "NeedRecorded", "r1", 1),
        of(2, "NeedRecorded", "r2", 1),
        of(3, "ReferralOffered", "r1", 1),
        of(4, "ReferralAccepted", "r1", 3),
        of(5, "NeedRecorded", "r3", 9),
    )
    then = answer("states", *entries, now=datetime(2026, 11, 2, tzinfo=UTC))
    assert [(cells(line), line.entries) for line in then] == [
        (["OFFERED", "1"], (3,)),
        (["MATCHING", "1"], (2,)),
        (["ALL", "2"], ()),
    ]
    *each, whole = answer("states", *entries)
    assert cells(whole) == ["ALL", "3"]
    assert sum(int(cells(line)[1]) for line in each) == 3
