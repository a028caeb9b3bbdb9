"""Ends receipts of a person: what they said goes, and it is told that they are not valid any more."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_receipts import EndedReceipt, end_receipts_of
from services.intake.domain.receipt_events import ReceiptRevoked


async def end_receipts(
    tx: Transaction, records: Sequence[BeneficiaryId], request_id: UUID, *, since: datetime | None = None
) -> list[EndedReceipt]:
    """Ends all receipts of these records of one locked person; `since`: issued then or later only."""
    ended = await end_receipts_of(tx, records, since)
    tell_ended(tx, ended, request_id)
    return ended


def tell_ended(tx: Transaction, ended: Iterable[EndedReceipt], request_id: UUID) -> None:
    """Tells of receipts that this transaction has ended."""
    for one in ended:
        tx.publish(ReceiptRevoked(one.receipt_id, one.beneficiary_id, request_id))
