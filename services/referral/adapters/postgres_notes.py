"""Sealed words that went with an offer: only intake can open them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import auto
from typing import Final

from chassis.postgres import Transaction
from chassis.together import Writing
from kernel.codes import Code
from kernel.ids import OfferId, ReferralId
from services.referral.domain.offer import Offer

_ADD: Final = """
    insert into offer_note (referral_id, offer_id, agency_id, sender_agency_id, kind, sealed, written_time)
    values ($1, $2, $3, $4, $5, $6, $7)
"""
_READ: Final = """
    select offer_id, kind, sealed, written_time from offer_note where referral_id = $1 order by note_id
"""


class NoteKind(Code):
    QUESTION = auto()
    ANSWER = auto()
    DECLINE = auto()
    RETURN = auto()
    NOT_COMPLETED = auto()


@dataclass(frozen=True, slots=True)
class Note:
    """Words as they are kept: ciphertext."""

    offer_id: OfferId
    kind: NoteKind
    sealed: bytes
    written_time: datetime


class PostgresNotes:
    """Written once, never changed; row-level security leaves each agency its own."""

    async def add(
        self, tx: Writing, offer: Offer, kind: NoteKind, sealed: bytes | None, now: datetime
    ) -> None:
        """Keeps the words, where there are any."""
        if sealed is None:
            return
        await tx.connection.execute(
            _ADD,
            offer.referral_id,
            offer.offer_id,
            offer.agency_id,
            offer.sender_agency_id,
            kind.value,
            sealed,
            now,
        )

    async def of_referral(self, tx: Transaction, referral_id: ReferralId) -> Sequence[Note]:
        """The words that the caller may see, in the order in which they were written."""
        rows = await tx.connection.fetch(_READ, referral_id)
        return [
            Note(OfferId(row["offer_id"]), NoteKind(row["kind"]), row["sealed"], row["written_time"])
            for row in rows
        ]
