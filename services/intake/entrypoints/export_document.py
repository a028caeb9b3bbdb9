"""Everything that is held about a person as one JSON document, in pieces, to read or to take along."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kernel import codes
from services.intake.adapters.record_format import plain_values
from services.intake.domain.person_export import ExportHead, ExportPiece, Section, SectionLines
from services.intake.entrypoints.consent_jsonld import CONTEXT, consent_node

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
_VISIT: Final = ("visit_id", "happened_time", "recorded_time")
_APPOINTMENT: Final = (
    "appointment_id",
    "referral_id",
    "with_agency_id",
    "service_id",
    "start_time",
    "state",
    "cancel_reason",
    "booked_time",
    "changed_time",
)
_ATTEMPT: Final = (
    "referral_id",
    "agency_id",
    "by_holder",
    "channel",
    "by_safe_channel",
    "result",
    "happened_time",
)
_CASE_WORKERS: Final = ("agency_id", "set_time", "ended_time")
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
_COMPELLED: Final = ("disclosure_id", "disclosed_time", "authority", "legal_reference", "protocol_number")
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
_Words = Mapping[str, str]


def export_text(piece: ExportPiece) -> str:
    """The piece; all of them joined are the document, a line of it for each thing. Nobody of the staff is in
    it by an id: who looked is told by agency and role.
    """
    head = _head(piece, piece.head) if piece.head else ""
    text = head + "".join(_section(piece, lines) for lines in piece.lines)
    return text if piece.next_place else text + "\n}\n"


def _head(piece: ExportPiece, head: ExportHead) -> str:
    request = piece.request
    persons = {one["beneficiary_id"]: one for one in head.records}
    person = persons.pop(str(request.beneficiary_id))
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "disclosure_id": str(piece.disclosure_id),
        "disclosed_time": piece.disclosed_time.isoformat(),
        "rights_request_id": str(request.rights_request_id),
        "asked_right": request.right,
        "asked_by": request.asked_by,
        "withheld_categories": codes.categories_in(piece.scope.withheld_mask),
        "history_withheld": not piece.scope.with_history,
        "person": _person(person, head),
        "other_records": [_person(one, head) for one in persons.values()],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).removesuffix("\n}")


def _person(row: _Row, head: ExportHead) -> dict[str, Any]:
    return _of(row, _PERSON) | plain_values(head.fields[row["beneficiary_id"]])


def _section(piece: ExportPiece, lines: SectionLines) -> str:
    """Its lines; the name before the first one, the bracket after the last."""
    name, line_of = _LINES[lines.section]
    text = ""
    if not lines.is_begun and (lines.rows or lines.is_ended):
        text = f',\n "{name}": ' + (_GRAPH if lines.section is Section.CONSENT else "[")
    rows = (json.dumps(line_of(row, lines.words, piece), ensure_ascii=False) for row in lines.rows)
    text += ("," if lines.is_begun and lines.rows else "") + ",".join(f"\n  {row}" for row in rows)
    if lines.is_ended:
        text += "\n ]}" if lines.section is Section.CONSENT else "\n ]"
    return text


def _need(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    note = {"note": words.get(row["sealed_note"] or "", "")} if piece.scope.with_history else {}
    return _of(row, _NEED) | note


def _visit(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    content = words.get(row["sealed_content"], "")
    return _of(row, _VISIT) | (json.loads(content) if content else {"topics": []})


def _appointment(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _APPOINTMENT) | {"place": words.get(row["sealed_place"] or "", "")}


def _attempt(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _ATTEMPT)


def _case_workers(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _CASE_WORKERS) | {"with_deputy": row["deputy_id"] is not None}


def _consent(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return consent_node(row, piece.disclosed_time)


def _disclosure(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    given = codes.categories_in(row["given_mask"])
    return _of(row, _DISCLOSURE) | {"given_categories": given, "consent_ids": row["consent_ids"]}


def _receipt(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _RECEIPT)


def _recall(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _RECALL) | {
        f"{what}_categories": codes.categories_in(row[f"{what}_mask"])
        for what in ("recalled", "destroyed", "kept")
    }


def _freeze(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _FREEZE)


def _emergency(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _EMERGENCY) | {
        "asked_categories": codes.categories_in(row["asked_mask"]),
        "authorised_categories": codes.categories_in(row["authorised_mask"]),
    }


def _compelled(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _COMPELLED) | {"given_categories": codes.categories_in(row["given_mask"])}


def _notification(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _NOTIFICATION) | {"told_categories": codes.categories_in(row["told_mask"])}


def _access(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return dict(row)


def _request(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _REQUEST) | _said(row, words)


def _complaint(row: _Row, words: _Words, piece: ExportPiece) -> dict[str, Any]:
    return _of(row, _COMPLAINT) | _said(row, words)


def _said(row: _Row, words: _Words) -> dict[str, str]:
    """What the person said and was answered; nothing where somebody else asked."""
    return {
        "words": words.get(row["sealed_words"] or "", ""),
        "answer_words": words.get(row["sealed_answer"] or "", ""),
    }


def _of(row: _Row, names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}


_GRAPH: Final = f'{{"@context": {json.dumps(CONTEXT)}, "@graph": ['
_LINES: Final[Mapping[Section, tuple[str, Callable[[_Row, _Words, ExportPiece], dict[str, Any]]]]] = {
    Section.NEED: ("needs", _need),
    Section.VISIT: ("visits", _visit),
    Section.APPOINTMENT: ("appointments", _appointment),
    Section.CONTACT_ATTEMPT: ("contact_attempts", _attempt),
    Section.CASE_WORKERS: ("case_workers", _case_workers),
    Section.CONSENT: ("consents", _consent),
    Section.DISCLOSURE: ("disclosures", _disclosure),
    Section.RECEIPT: ("receipts", _receipt),
    Section.RECALL: ("recalls", _recall),
    Section.CONSENT_FREEZE: ("consent_freezes", _freeze),
    Section.EMERGENCY_ACCESS: ("emergency_accesses", _emergency),
    Section.COMPELLED_DISCLOSURE: ("compelled_disclosures", _compelled),
    Section.AUTHORITY_NOTIFICATION: ("authority_notifications", _notification),
    Section.ACCESS: ("accesses", _access),
    Section.RIGHTS_REQUEST: ("rights_requests", _request),
    Section.COMPLAINT: ("complaints", _complaint),
}
