"""Each question of the auditors, answered from a few entries of which some are wrong and some are not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.plain_events import ENVELOPES
from services.audit.domain.questions.catalogue import QUESTIONS
from services.audit.domain.questions.question import Asked, Line

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
A, B = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"


def body(
    index: int,
    kind: str,
    fact: dict[str, Any],
    *,
    day: int = 1,
    hour: int = 9,
    actor: str = "ann",
    **envelope: str,
) -> dict[str, Any]:
    envelope = {"referral_id": "r1", "policy_version": "standard/1"} | envelope
    return {
        "index": index,
        "type": kind,
        "event_time": f"2026-11-{day:02}T{hour:02}:00:00.000000Z",
        "fact": fact,
        "envelope": envelope | {"actor": {"id": actor}},
    }


def answer(name: str, *entries: dict[str, Any], now: datetime = NOW) -> list[Line]:
    question = QUESTIONS[name]
    assert {one["type"] for one in entries} <= set(question.kinds)
    lines = list(question.answer(iter(entries), Asked(now, category="NAME")))
    assert {len(line.cells) for line in lines} <= {len(question.columns)}
    return lines


def told(name: str, line: Line) -> dict[str, str]:
    """A line's cells by their columns; several values of one with spaces."""
    columns = [column.name for column in QUESTIONS[name].columns]
    return dict(zip(columns, (" ".join(cell) for cell in line.cells), strict=True))


def cells(line: Line) -> list[str]:
    return [" ".join(cell) for cell in line.cells]


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


def test_what_each_policy_touched_is_told_with_an_entry_of_each_referral() -> None:
    found = answer(
        "policy",
        body(1, "ReferralOffered", {}, referral_id="r1"),
        body(2, "ReferralOffered", {}, referral_id="r1"),
        body(3, "ReferralOffered", {}, referral_id="r2", policy_version="standard/2"),
    )
    assert [(cells(line), line.entries) for line in found] == [
        (["standard/1", "1"], (1,)),
        (["standard/2", "1"], (3,)),
    ]


def test_what_each_notice_touched_is_told_by_what_was_disclosed_on_consent_under_it() -> None:
    def given(index: int, referral_id: str, *consent_ids: str) -> dict[str, Any]:
        return body(index, "DisclosureGiven", {"referral_id": referral_id, "consent_ids": list(consent_ids)})

    found = answer(
        "notice",
        body(1, "NoticePublished", {"notice_version": "2026-1"}),
        body(2, "ConsentRecorded", {"consent_id": "c1", "notice_version": "2026-1"}),
        body(3, "NoticePublished", {"notice_version": "2026-2"}),
        body(4, "ConsentRecorded", {"consent_id": "c2", "notice_version": "2026-2"}),
        given(5, "r1", "c1"),
        given(6, "r1", "c1"),
        given(7, "r2", "c1", "c2"),
        given(8, "r3", "c9"),
    )
    assert [(cells(line), line.entries) for line in found] == [
        (["2026-1", "1", "2"], (1, 5, 7)),
        (["2026-2", "1", "1"], (3, 7)),
        (["NOT_IN_THE_LEDGER", "0", "1"], (8,)),
    ]


def until(index: int, kind: str, offer_id: str, hour: int, **more: Any) -> dict[str, Any]:
    due = f"2026-11-01T{hour:02}:00:00.000000Z"
    fact = {"offer_id": offer_id, "agency_id": A, "urgency": "URGENT", "respond_by_time": due}
    return body(index, kind, fact, **more)


def test_the_time_to_answer_is_told_by_policy_and_urgency() -> None:
    found = answer(
        "deadlines",
        until(1, "ReferralOffered", "o1", 11),
        until(2, "ReferralOffered", "o2", 13, referral_id="r2"),
        until(3, "ReferralOffered", "o3", 21, policy_version="standard/2"),
    )
    assert [(cells(line), line.entries) for line in found] == [
        (["standard/1", "URGENT", "2", "2.0", "4.0"], (1, 2)),
        (["standard/2", "URGENT", "1", "12.0", "12.0"], (3,)),
    ]


def test_a_time_to_answer_that_was_moved_is_told_with_both() -> None:
    found = answer(
        "moved-deadlines",
        until(1, "ReferralOffered", "o1", 11),
        until(2, "ReferralOffered", "o2", 13, referral_id="r2"),
        until(4, "InformationProvided", "o2", 15, referral_id="r2"),
        until(5, "InformationProvided", "o1", 11),
        until(6, "InformationProvided", "before", 11, referral_id="r3"),
    )
    assert [(line.entries, *cells(line)[1:]) for line in found] == [
        ((4,), "r2", A, "2026-11-01T13:00:00Z", "2026-11-01T15:00:00Z"),
        ((6,), "r3", A, "", "2026-11-01T11:00:00Z"),
    ]


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


def test_response_times_are_told_of_agencies_with_enough_answers_only() -> None:
    entries = []
    for number in range(12):
        agency, offer_id = (A, f"a{number}") if number < 6 else (B, f"b{number}")
        entries.append(
            body(2 * number, "ReferralOffered", {"offer_id": offer_id, "agency_id": agency}, hour=1)
        )
        kind = "OfferExpired" if number >= 9 else "ReferralAccepted"
        entries.append(
            body(2 * number + 1, kind, {"offer_id": offer_id, "agency_id": agency}, hour=2 + number)
        )
    first, second = answer("response-times", *entries)
    assert cells(first) == [A, "6", "3.5", "6.0", "0"]
    assert first.entries == (1, 3, 5, 7, 9, 11)
    assert (cells(second), second.entries) == ([B, "<5", "", "", "<5"], ())


def test_what_was_not_answered_in_time_is_told_by_agency_and_few_of_it_without_entries() -> None:
    expired = [body(number, "OfferExpired", {"agency_id": A}) for number in range(6)]
    found = answer("breaches", *expired, body(9, "OfferExpired", {"agency_id": B}))
    assert [(cells(line), line.entries) for line in found] == [
        ([A, "6"], (0, 1, 2, 3, 4, 5)),
        ([B, "<5"], ()),
    ]
    [clock] = answer("clocks", body(7, "PersonClockEnded", {"urgency": "URGENT"}))
    assert (cells(clock), clock.entries) == (["URGENT", "1"], (7,))


def test_a_disclosure_without_a_service_is_told_after_two_weeks() -> None:
    def given(index: int, referral_id: str, day: int) -> dict[str, Any]:
        return body(index, "DisclosureGiven", {"referral_id": referral_id, "agency_id": A}, day=day)

    found = answer(
        "given-for-nothing",
        *(given(number, f"r{number}", 2) for number in range(5)),
        given(7, "began", 2),
        given(8, "young", 28),
        body(9, "ServiceStarted", {"agency_id": A}, day=5, referral_id="began"),
    )
    assert [(cells(line), line.entries) for line in found] == [([A, "5"], (0, 1, 2, 3, 4))]


def test_each_change_of_the_system_is_told_part_by_part_with_its_entry() -> None:
    release = {"release_version": "0.1.0", "revision": "a1b2c3d4e5f6" + "0" * 28, "sha256": "b" * 64}
    started = {
        "service": "intake",
        "release": release,
        "migrations": [{"file_name": "0101_beneficiary.sql", "sha256": "c" * 64}],
    }
    changed = {
        "service": "audit",
        "settings": {"sha256": "d" * 64, "setting_names": ["checkpoint_seconds", "origin"]},
        "policy_files": [{"file_name": "reasons.toml", "sha256": "e" * 64}, {"file_name": "providers_file"}],
    }
    found = answer(
        "system",
        body(1, "SystemChanged", started),
        body(2, "SystemChanged", changed),
        body(3, "RetentionRulesSaved", {"rules_version": 4}),
        body(4, "SigningKeyBegun", {"verifier_key": "kem.athens/ledger+00000000+key"}),
        body(5, "CertificateIssued", {"serial": "0a1b", "holder_service": "intake"}),
        body(6, "CertificateRevoked", {"serial": "0c", "agency_id": "an agency", "reason": "KEY_LOST"}),
        body(
            7, "SystemChanged", {"service": "audit", "release": {"release_version": "2", "sha256": "b" * 64}}
        ),
    )
    assert [(*line.entries, *cells(line)[1:4]) for line in found] == [
        (1, "intake", "RELEASE", "0.1.0 a1b2c3d4e5f6 (bbbbbbbbbbbb…)"),
        (1, "intake", "MIGRATIONS", "0101_beneficiary.sql cccccccccccc…"),
        (2, "audit", "SETTINGS", "checkpoint_seconds, origin (dddddddddddd…)"),
        (2, "audit", "POLICY_FILES", "reasons.toml eeeeeeeeeeee…, providers_file –"),
        (3, "", "RetentionRulesSaved", "4"),
        (4, "", "SigningKeyBegun", "kem.athens/ledger+00000000+key"),
        (5, "", "CertificateIssued", "0a1b intake"),
        (6, "", "CertificateRevoked", "0c an agency KEY_LOST"),
        (7, "audit", "RELEASE", "2 (bbbbbbbbbbbb…)"),
    ]
