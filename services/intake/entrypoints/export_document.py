"""Everything that is held about a person as one JSON document, for them to read or to take along."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from kernel import codes
from services.intake.adapters.record_format import plain_values
from services.intake.domain.person_export import PersonExport, RecordedAccess
from services.intake.entrypoints.consent_jsonld import consent_graph

SCHEMA: Final = "kem-export/1"

_PERSON: Final = ("beneficiary_id", "registered_by_agency_id", "registered_time", "origin")
_NEED: Final = (
    "need_id",
    "referral_id",
    "service_type",
    "urgency",
    "routing",
    "origin",
    "happened_time",
    "recorded_time",
    "withdrawn_time",
    "withdrawn_reason",
)
_DISCLOSURE: Final = (
    "disclosure_id",
    "kind",
    "disclosed_time",
    "agency_id",
    "told_by_agency_id",
    "referral_id",
    "purpose",
    "legal_bases",
)
_EMERGENCY: Final = (
    "agency_id",
    "referral_id",
    "state",
    "requested_time",
    "decided_time",
    "valid_until_time",
)
_NOTIFICATION: Final = (
    "agency_id",
    "authority",
    "legal_reference",
    "protocol_number",
    "happened_time",
    "person_told_time",
)
_REQUEST: Final = (
    "rights_request_id",
    "asked_right",
    "asked_by",
    "received_time",
    "due_time",
    "extension_ground",
    "extension_told_time",
    "answer",
    "refusal_ground",
    "answer_told_time",
)
_COMPLAINT: Final = (
    "complaint_id",
    "kind",
    "accused_agency_id",
    "received_time",
    "due_time",
    "finding",
    "person_told_time",
)
_RECALL: Final = (
    "agency_id",
    "referral_id",
    "cause",
    "opened_time",
    "due_time",
    "acknowledged_time",
    "kept_ground",
)
_RECEIPT: Final = ("form", "language", "issued_time", "valid_until_time", "revoked_time")
_FREEZE: Final = ("frozen_time", "lifted_time", "ground")
_Row = Mapping[str, Any]


def export_document(export: PersonExport) -> str:
    """The document. Nobody of the staff is in it by an id: who looked is told by agency and role."""
    person, request = export.rows["beneficiary"], export.request
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "disclosure_id": str(export.disclosure_id),
        "disclosed_time": export.disclosed_time.isoformat(),
        "rights_request_id": str(request.rights_request_id),
        "asked_right": request.right,
        "asked_by": request.asked_by,
        "withheld_categories": codes.categories_in(export.scope.withheld_mask),
        "history_withheld": not export.scope.with_history,
        "person": _person(person, export.fields),
        "other_records": [
            _person(one, export.other_fields[one["beneficiary_id"]]) for one in export.rows["other_records"]
        ],
        "needs": list(_needs(export)),
    }
    if export.scope.with_history:
        document |= _history(export)
    return json.dumps(document, ensure_ascii=False, indent=1)


def _person(row: _Row, fields: Mapping[str, Any]) -> dict[str, Any]:
    return _of(row, _PERSON) | plain_values(fields)


def _needs(export: PersonExport) -> Iterable[dict[str, Any]]:
    """A need of a restricted kind would tell what the person must be protected from."""
    for row in export.rows["need"]:
        if export.scope.with_history:
            yield _of(row, _NEED) | {"note": _words(export, row["sealed_note"])}
        elif not codes.service_type(row["service_type"]).restricted:
            yield _of(row, _NEED)


def _history(export: PersonExport) -> dict[str, Any]:
    rows = export.rows
    records = {one["consent_event_id"]: one["consent_id"] for one in rows["consent_event"]}
    return {
        "consents": consent_graph(rows, export.disclosed_time),
        "disclosures": [
            _of(row, _DISCLOSURE)
            | {
                "given_categories": codes.categories_in(row["given_mask"]),
                "consent_ids": sorted({records[one] for one in row["consent_event_ids"]}),
            }
            for row in rows["disclosure"]
        ],
        "receipts": [_of(row, _RECEIPT) for row in rows["receipt"]],
        "recalls": [
            _of(row, _RECALL)
            | {
                f"{what}_categories": codes.categories_in(row[f"{what}_mask"])
                for what in ("recalled", "destroyed", "kept")
            }
            for row in rows["recall"]
        ],
        "consent_freezes": [_of(row, _FREEZE) for row in rows["consent_freeze"]],
        "emergency_accesses": [
            _of(row, _EMERGENCY)
            | {
                "asked_categories": codes.categories_in(row["asked_mask"]),
                "authorised_categories": codes.categories_in(row["authorised_mask"]),
            }
            for row in rows["emergency_access"]
        ],
        "authority_notifications": [
            _of(row, _NOTIFICATION) | {"told_categories": codes.categories_in(row["told_mask"])}
            for row in rows["authority_notification"]
        ],
        "accesses": [_access(one) for one in export.accesses],
        "rights_requests": [_of(row, _REQUEST) | _said(export, row) for row in rows["rights_request"]],
        "complaints": [_of(row, _COMPLAINT) | _said(export, row) for row in rows["complaint"]],
    }


def _said(export: PersonExport, row: _Row) -> dict[str, str]:
    """What the person said and was answered; nothing where somebody else asked."""
    return {
        "words": _words(export, row["sealed_words"]),
        "answer_words": _words(export, row["sealed_answer"]),
    }


def _words(export: PersonExport, sealed: str | None) -> str:
    return export.words.get(sealed or "", "")


def _access(access: RecordedAccess) -> dict[str, Any]:
    return {
        "happened_time": access.happened_time.isoformat(),
        "method": access.method.rpartition("/")[2],
        "agency_id": access.agency_id or None,
        "roles": list(access.roles),
        "by_the_hub_itself": access.is_service,
    }


def _of(row: _Row, names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}
