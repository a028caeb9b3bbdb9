"""What an erasure has destroyed, whom it was told to, and what is kept on which ground."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

SCHEMA: Final = "kem-erasure/1"

KEPT_ON: Final[Mapping[str, str]] = {
    "consent": "PROOF_OF_CONSENT",
    "consent_event": "PROOF_OF_CONSENT",
    "grant_cell": "PROOF_OF_CONSENT",
    "consent_freeze": "ACCOUNTABILITY",
    "beneficiary_merge": "ACCOUNTABILITY",
    "correction": "ACCOUNTABILITY",
    "need": "STATISTICS",
    "held_referral": "ACCOUNTABILITY",
    "disclosure": "ACCOUNTABILITY",
    "emergency_access": "ACCOUNTABILITY",
    "emergency_review": "ACCOUNTABILITY",
    "recall": "ACCOUNTABILITY",
    "rights_request": "ACCOUNTABILITY",
    "authority_notification": "LEGAL_OBLIGATION",
    "compelled_request": "LEGAL_OBLIGATION",
    "complaint": "LEGAL_CLAIMS",
}
"""Rows that stay, under a random id that means nothing any more, without their words.

PROOF_OF_CONSENT: GDPR articles 7(1), 17(3)(e). ACCOUNTABILITY: articles 5(2), 19, 33. LEGAL_OBLIGATION:
article 17(3)(b). STATISTICS: article 17(3)(d). LEGAL_CLAIMS: article 17(3)(e).
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
) -> Certificate:
    """The certificate, as RFC 8785 writes JSON: sorted, without spaces, whole numbers and strings only.

    Args:
        recipients: agencies that were given something: GDPR article 19 obliges to tell them.
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
        "kept": [
            {"rows_of": table, "count": count, "ground": KEPT_ON[table]}
            for table, count in sorted(kept_rows.items())
            if count
        ],
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Certificate(certificate_id, erased_time, text)
