"""Consent records by the Data Privacy Vocabulary: each with its state at the moment of the export."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kernel import codes
from services.intake.entrypoints import consent_jsonld
from services.intake.entrypoints.consent_jsonld import consent_node

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RECORD: dict[str, Any] = {
    "consent_id": "c1",
    "beneficiary_id": "p",
    "receipt_id": "r",
    "record_schema": "kem-consent/1",
    "obtained_by_agency_id": "kem",
    "notice_version": "1",
    "notice_language": "ar",
    "notice_sha256": "\\xab",
    "spoken_language": "ara",
    "method": "WRITTEN",
    "given_by": "SELF",
    "with_interpreter": True,
    "read_aloud": True,
    "understanding_checked": True,
    "child_assents": False,
    "valid_from_time": "2026-01-01T00:00:00+00:00",
    "valid_until_time": "2026-12-01T00:00:00+00:00",
    "happened_time": "2026-01-01T00:00:00+00:00",
    "recorded_time": "2026-01-01T00:00:00+00:00",
}
GRANT = {
    "consent_id": "c1",
    "agency_id": "a",
    "purpose": "SERVICE_LEGAL",
    "categories": codes.mask(["NAME", "STATUS"]),
    "legal_basis": "CONSENT",
    "effect": "PERMIT",
}


def event(sequence: int, state: str, consent_id: str | None = None, agency_id: str | None = None) -> Any:
    return {
        "beneficiary_id": "p",
        "sequence": sequence,
        "state": state,
        "consent_id": consent_id,
        "agency_id": agency_id,
        "happened_time": "2026-01-01T00:00:00+00:00",
    }


def record_after(*events: Any, **changes: Any) -> dict[str, Any]:
    return consent_node(RECORD | changes | {"grants": [GRANT], "events": events}, NOW)


GIVEN = event(1, "GIVEN", "c1")


@pytest.mark.parametrize(
    ("events", "changes", "state"),
    [
        ([GIVEN], {}, "dpv:ConsentGiven"),
        ([GIVEN, event(2, "WITHDRAWN")], {}, "dpv:ConsentWithdrawn"),
        ([GIVEN, event(2, "WITHDRAWN", agency_id="a")], {}, "dpv:ConsentGiven"),  # of one agency only
        ([event(1, "WITHDRAWN"), event(2, "GIVEN", "c1")], {}, "dpv:ConsentGiven"),  # of what came before
        ([GIVEN], {"valid_until_time": "2026-05-31T00:00:00+00:00"}, "dpv:ConsentExpired"),
        ([GIVEN, event(2, "GIVEN", "c2")], {}, "dpv:ConsentGiven"),
        ([GIVEN, event(2, "EXPIRED", "c1")], {}, "dpv:ConsentExpired"),
        ([GIVEN, event(2, "DENIAL_LIFTED", "c1")], {}, "dpv:ConsentGiven"),  # a denial of it denies no more
        ([GIVEN, event(2, "REFUSED")], {}, "dpv:ConsentGiven"),  # a refusal takes nothing back
    ],
)
def test_a_record_has_the_state_that_its_events_and_the_time_give_it(
    events: list[Any], changes: dict[str, str], state: str
) -> None:
    assert record_after(*events, **changes)["dpv:hasConsentStatus"] == {"@id": state}


def test_each_line_says_who_may_see_what_for_what_and_on_which_basis() -> None:
    record = record_after(GIVEN)
    assert record["dpv:hasProcess"] == [
        {
            "@type": "dpv:Process",
            "dpv:hasPurpose": "kem:SERVICE_LEGAL",
            "dpv:hasRecipient": {"@id": "urn:uuid:a"},
            "dpv:hasPersonalData": ["kem:NAME", "kem:STATUS"],
            "dpv:hasLegalBasis": {"@id": "dpv:Consent"},
            "kem:effect": "PERMIT",
        }
    ]
    assert record["dpv:hasNotice"]["kem:sha256"] == "ab"


def test_what_was_asked_for_or_refused_stands_beside_the_records() -> None:
    record = record_after(event(1, "REFUSED", agency_id="b"), event(2, "GIVEN", "c1"))
    assert record["dct:hasPart"] == [{"@type": "dpv:ConsentGiven", "dct:date": GIVEN["happened_time"]}]
    refused = consent_node(event(1, "REFUSED", agency_id="b"), NOW)
    assert (refused["@type"], refused["dpv:hasRecipient"]) == ("dpv:ConsentRefused", {"@id": "urn:uuid:b"})


def test_every_state_and_every_legal_basis_has_its_term() -> None:
    assert len(consent_jsonld._STATES) == 11
    assert set(consent_jsonld._BASES) == set(codes.LegalBasis)
