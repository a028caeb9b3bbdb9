"""What changed in the system itself is answered from entries, a line each."""

from tests.unit.audit.test_questions import NOW, body
from tools.audit.questions import Moment
from tools.audit.system import SYSTEM

QUESTION = SYSTEM["system"]


def test_each_change_of_the_system_is_a_line_that_names_what_changed_and_its_entry() -> None:
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
    entries = [
        body(1, "SystemChanged", started),
        body(2, "SystemChanged", changed),
        body(3, "RetentionRulesSaved", {"rules_version": 4}),
        body(4, "SigningKeyBegun", {"verifier_key": "kem.athens/ledger+00000000+key"}),
        body(5, "CertificateIssued", {"serial": "0a1b", "holder_service": "intake"}),
        body(6, "CertificateRevoked", {"serial": "0c", "agency_id": "an agency", "reason": "KEY_LOST"}),
    ]
    first, second, third, fourth, fifth, sixth = QUESTION.answer(entries, Moment(NOW))
    assert first.says.endswith(
        "intake: release 0.1.0 at a1b2c3d4e5f6 (bbbbbbbbbbbb…); migrations 0101_beneficiary.sql cccccccccccc…"
    )
    assert second.says.endswith(
        "audit: settings checkpoint_seconds, origin (dddddddddddd…);"
        " policy files reasons.toml eeeeeeeeeeee…, providers_file gone"
    )
    assert third.says.endswith("the rules of how long data are kept are version 4")
    assert fourth.says.endswith("another key signs the ledger: kem.athens/ledger+00000000+key")
    assert fifth.says.endswith("certificate 0a1b was issued for intake")
    assert sixth.says.endswith("certificate 0c of an agency was revoked: KEY_LOST")
    assert [line.entries for line in (first, second, fifth, sixth)] == [(1,), (2,), (5,), (6,)]


def test_where_nothing_is_said_of_the_commit_none_is_shown() -> None:
    told = {"service": "audit", "release": {"release_version": "0.1.0", "sha256": "b" * 64}}
    [line] = QUESTION.answer([body(1, "SystemChanged", told)], Moment(NOW))
    assert line.says.endswith("audit: release 0.1.0 (bbbbbbbbbbbb…)")
