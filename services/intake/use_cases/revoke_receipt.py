"""Makes a receipt not valid any more: lost, stolen, or not wanted."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_receipts import PostgresReceipts
from services.intake.domain.receipt import Receipt, ReceiptNotFound
from services.intake.domain.receipt_events import ReceiptRevoked
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RevokeReceipt:
    """By its code as it was typed; without one, by whose it is."""

    request_id: UUID
    code: str = ""
    beneficiary_id: BeneficiaryId | None = None


async def revoke_receipt(
    command: RevokeReceipt,
    method: str,
    tx: Transaction,
    people: PostgresBeneficiaries,
    receipts: PostgresReceipts,
) -> tuple[UUID, datetime]:
    """The receipt, and since when it is not valid. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: RECEIPT_NOT_FOUND: no valid one that the caller's agency issued. BENEFICIARY_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED: then no receipt is valid.
    """
    own_agency(tx.caller)
    receipt = await _found(command, tx, people, receipts)
    if receipt is None:
        raise ReceiptNotFound("There is no valid receipt like this that your agency issued.")
    revoked_time = await receipts.revoke(tx, receipt.receipt_id)
    tx.publish(ReceiptRevoked(receipt.receipt_id, receipt.beneficiary_id, command.request_id))
    tx.record_access(AccessRecord("intake", method, [receipt.beneficiary_id, receipt.receipt_id]))
    return receipt.receipt_id, revoked_time


async def _found(
    command: RevokeReceipt, tx: Transaction, people: PostgresBeneficiaries, receipts: PostgresReceipts
) -> Receipt | None:
    if command.beneficiary_id is None:
        return await receipts.lock_by_code(tx, command.code)
    await people.lock(tx, command.beneficiary_id)
    return await receipts.lock_of_person(tx, command.beneficiary_id)
