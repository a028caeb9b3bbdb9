"""What an erasure has destroyed, whom it was told to, and what is kept on which ground."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

SCHEMA: Final = "kem-erasure/3"
"""Of 1 nothing was said about answers; of 2 it was told how many of `UNTOLD` were kept."""

ANSWERS_SCHEMA: Final = "kem-erasure-answers/1"

KEPT_ON: Final[Mapping[str, str]] = {
    "consent": "PROOF_OF_CONSENT",
    "consent_event": "PROOF_OF_CONSENT",
    "grant_cell": "PROOF_OF_CONSENT",
    "consent_freeze": "ACCOUNTABILITY",
    "beneficiary_merge": "ACCOUNTABILITY",
    "correction": "ACCOUNTABILITY",
    "need": "STATISTICS",
    "visit": "STATISTICS",
    "appointment": "STATISTICS",
    "contact_attempt": "ACCOUNTABILITY",
    "case_workers": "ACCOUNTABILITY",
    "held_referral": "ACCOUNTABILITY",
    "disclosure": "ACCOUNTABILITY",
    "emergency_access": "ACCOUNTABILITY",
    "emergency_review": "ACCOUNTABILITY",
    "recall": "ACCOUNTABILITY",
    "receipt": "ACCOUNTABILITY",
    "rights_request": "ACCOUNTABILITY",
    "authority_notification": "LEGAL_OBLIGATION",
    "compelled_request": "LEGAL_OBLIGATION",
    "complaint": "LEGAL_CLAIMS",
    "retention_hold": "LEGAL_CLAIMS",
    "destroyed_key": "ACCOUNTABILITY",
}
"""Rows that stay, under a random id that means nothing any more, without their words.

PROOF_OF_CONSENT: GDPR articles 7(1), 17(3)(e). ACCOUNTABILITY: articles 5(2), 19, 33. LEGAL_OBLIGATION:
article 17(3)(b). STATISTICS: article 17(3)(d). LEGAL_CLAIMS: article 17(3)(e).
"""

UNTOLD: Final = frozenset({"authority_notification", "compelled_request", "complaint", "retention_hold"})
"""Of these the certificate tells that such rows would be kept, not whether there are any.

The agency that registered the request reads it, and a complaint may be about that agency; the person has it,
and may not be told yet what an authority asked.
"""


@dataclass(frozen=True, slots=True)
class DestroyedKey:
    """A key that is gone; older copies of the database stay readable until its epoch is destroyed too."""

    key_id: UUID
    key_class: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What there was of a person: keys, entries of the index, sealed records by category."""

    keys: Sequence[DestroyedKey]
    index_entries: int
    categories: Sequence[str]


@dataclass(frozen=True, slots=True)
class RecallAnswer:
    """What an agency that was asked back says, in numbers of kinds of data.

    Which they are, and on what ground some are kept, could tell a restricted service: that stands in the
    recall, for whom its role lets read it.
    """

    agency_id: UUID
    opened_time: datetime
    due_time: datetime
    acknowledged_time: datetime | None
    recalled: int
    kept: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of one erasure: canonical JSON without personal data, and its digest."""

    certificate_id: UUID
    erased_time: datetime
    document: str

    @property
    def sha256(self) -> bytes:
        """What the event of the erasure says too, so that nobody changes the certificate unseen."""
        return sha256(self.document.encode()).digest()


def certificate_of(
    certificate_id: UUID,
    rights_request_id: UUID,
    decided_by_id: UUID,
    erased_time: datetime,
    destroyed: Destroyed,
    kept_rows: Mapping[str, int],
    recipients: Sequence[UUID],
    answers: Sequence[RecallAnswer],
) -> Certificate:
    """The certificate, as RFC 8785 writes JSON: sorted, without spaces, whole numbers and strings only.

    Args:
        kept_rows: how many by table, of none that is untold.
        recipients: agencies that were given something: GDPR article 19 obliges to tell them.
        answers: what they were asked back, also before, and what they have answered by now.
    """
    document = {
        "schema": SCHEMA,
        "certificate_id": str(certificate_id),
        "rights_request_id": str(rights_request_id),
        "erased_time": erased_time.isoformat(),
        "decided_by": {"principal_id": str(decided_by_id), "role": "dpo"},
        "destroyed": {
            "keys": [
                {"key_id": str(one.key_id), "key_class": one.key_class, "epoch": one.epoch}
                for one in destroyed.keys
            ],
            "index_entries": destroyed.index_entries,
            "unreadable_categories": sorted(destroyed.categories),
            "final_when_epochs_are_destroyed": sorted({one.epoch for one in destroyed.keys}),
        },
        "recipients": [
            {"agency_id": str(agency_id), "must": "DESTROY_OR_SAY_WHAT_IS_KEPT"} for agency_id in recipients
        ],
        "answers": [_answer(one) for one in answers],
        "kept": [
            {"rows_of": table, "count": count, "ground": KEPT_ON[table]}
            for table, count in sorted(kept_rows.items())
            if count
        ],
        "kept_or_not": [{"rows_of": table, "ground": KEPT_ON[table]} for table in sorted(UNTOLD)],
    }
    return Certificate(certificate_id, erased_time, _canonical(document))


def answers_of(certificate: Certificate, answers: Sequence[RecallAnswer], now: datetime) -> str:
    """What the agencies have answered by `now`, canonical JSON that names the certificate by its digest.

    The certificate itself stays as it was issued: its digest is in the event.
    """
    return _canonical(
        {
            "schema": ANSWERS_SCHEMA,
            "certificate_id": str(certificate.certificate_id),
            "certificate_sha256": certificate.sha256.hex(),
            "issued_time": now.isoformat(),
            "answers": [_answer(one) for one in answers],
        }
    )


def _answer(one: RecallAnswer) -> dict[str, object]:
    answered = one.acknowledged_time
    return {
        "agency_id": str(one.agency_id),
        "asked_time": one.opened_time.isoformat(),
        "due_time": one.due_time.isoformat(),
        "answer": "NOT_YET" if answered is None else "KEEPS_SOME" if one.kept else "DESTROYED",
        "answered_time": answered.isoformat() if answered else "",
        "kinds_asked": one.recalled,
        "kinds_destroyed": one.recalled - one.kept if answered else 0,
        "kinds_kept": one.kept,
    }


def _canonical(document: Mapping[str, object]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
