"""Which referrals a change touched, and what changed in the system itself."""

from typing import Any

from tests.unit.audit.entries import A, answer, body, cells


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
