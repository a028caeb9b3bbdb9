"""Consent records as JSON-LD by the W3C Data Privacy Vocabulary, after its guide to ISO/IEC TS 27560."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from kernel import codes

CONTEXT: Final = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "kem": "urn:kem:",
}
"""Terms of ours (`kem:`) stand where the vocabulary has none: codes, denials, receipts."""

_STATES: Final = {
    "UNKNOWN": "dpv:ConsentUnknown",
    "REQUESTED": "dpv:ConsentRequested",
    "DEFERRED": "dpv:ConsentRequestDeferred",
    "REFUSED": "dpv:ConsentRefused",
    "GIVEN": "dpv:ConsentGiven",
    "RENEWED": "dpv:RenewedConsentGiven",
    "WITHDRAWN": "dpv:ConsentWithdrawn",
    "EXPIRED": "dpv:ConsentExpired",
    "TERMINATED": "dpv:ConsentRevoked",
    "INVALIDATED": "dpv:ConsentInvalidated",
    "OBJECTED": "dpv:RightToObject",
}
_EVENTS: Final = {**_STATES, "DENIAL_LIFTED": "kem:DenialLifted"}
"""What happened to a record; the lifting of a denial leaves it in its state."""
_BASES: Final = {
    "CONSENT": "dpv:Consent",
    "LEGAL_OBLIGATION": "dpv:LegalObligation",
    "VITAL_INTEREST": "dpv:VitalInterest",
    "PUBLIC_TASK": "dpv:PublicInterest",
}
_TAKES_BACK: Final = frozenset({"WITHDRAWN", "EXPIRED", "TERMINATED", "INVALIDATED"})
_Row = Mapping[str, Any]


def consent_node(row: _Row, now: datetime) -> dict[str, Any]:
    """A record with its grants, its events, its state `now`; or what was asked for or refused by itself."""
    if "receipt_id" not in row:
        return _event(row)
    return _record(row, row["grants"], _events_of(row, row["events"]), now)


def _events_of(record: _Row, events: Sequence[_Row]) -> list[_Row]:
    """Its own, and what was taken back after it: that is about all consents before on the same record of the
    person, of which these events are.
    """
    own = [one for one in events if one["consent_id"] == record["consent_id"]]
    first = min((one["sequence"] for one in own), default=0)
    later = [
        one
        for one in events
        if one["consent_id"] is None and one["state"] in _TAKES_BACK and one["sequence"] > first
    ]
    return sorted((*own, *later), key=lambda one: int(one["sequence"]))


def _record(record: _Row, grants: Sequence[_Row], events: Sequence[_Row], now: datetime) -> dict[str, Any]:
    subject = urn(record["beneficiary_id"])
    return {
        "@id": urn(record["consent_id"]),
        "@type": "dpv:ConsentRecord",
        "dct:identifier": record["consent_id"],
        "dct:conformsTo": record["record_schema"],
        "dct:issued": record["recorded_time"],
        "kem:receipt": record["receipt_id"],
        "dpv:hasDataSubject": {"@id": subject},
        "dpv:hasDataController": {"@id": urn(record["obtained_by_agency_id"])},
        "dpv:hasNotice": {
            "@type": "dpv:ConsentNotice",
            "dct:hasVersion": record["notice_version"],
            "dct:language": record["notice_language"],
            "kem:sha256": record["notice_sha256"].removeprefix("\\x"),
        },
        "dpv:hasConsentStatus": {"@id": _state(record, events, now)},
        "dpv:isIndicatedBy": f"kem:{record['given_by']}",
        "dpv:isIndicatedAtTime": record["happened_time"],
        "dpv:hasIndicationMethod": f"kem:{record['method']}",
        "dct:valid": f"{record['valid_from_time']}/{record['valid_until_time']}",
        "kem:spokenLanguage": record["spoken_language"],
        "kem:withInterpreter": record["with_interpreter"],
        "kem:readAloud": record["read_aloud"],
        "kem:understandingChecked": record["understanding_checked"],
        "kem:childAssents": record["child_assents"],
        "dpv:hasProcess": [_process(one) for one in grants],
        "dct:hasPart": [_event(one) for one in events],
    }


def _process(grant: _Row) -> dict[str, Any]:
    """What one agency may see for one purpose, or must never see."""
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": f"kem:{grant['purpose']}",
        "dpv:hasRecipient": {"@id": urn(grant["agency_id"])},
        "dpv:hasPersonalData": [f"kem:{code}" for code in codes.categories_in(grant["categories"])],
        "dpv:hasLegalBasis": {"@id": _BASES[grant["legal_basis"]]},
        "kem:effect": grant["effect"],
    }


def _event(event: _Row) -> dict[str, Any]:
    about = {"dpv:hasRecipient": {"@id": urn(event["agency_id"])}} if event["agency_id"] else {}
    return {"@type": _EVENTS[event["state"]], "dct:date": event["happened_time"], **about}


def _state(record: _Row, events: Sequence[_Row], now: datetime) -> str:
    """By the last event that is about the whole of it; one that ends by time alone needs none."""
    whole = [one["state"] for one in events if one["agency_id"] is None and one["state"] in _STATES]
    state = whole[-1] if whole else "UNKNOWN"
    if state in ("GIVEN", "RENEWED") and datetime.fromisoformat(record["valid_until_time"]) <= now:
        state = "EXPIRED"
    return _STATES[state]


def urn(some_id: str) -> str:
    """An id as JSON-LD knows things by."""
    return f"urn:uuid:{some_id}"
