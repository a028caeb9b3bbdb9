"""Makes a receipt not valid any more: lost, stolen, or not wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_receipts import EndedReceipt, PostgresReceipts
from services.intake.domain.receipt import ReceiptNotFound
from services.intake.use_cases.end_receipts import end_receipts, tell_ended
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
) -> Sequence[EndedReceipt]:
    """The receipt; by whose it is, all that the person has on records that were merged. Repeat-safe only
    inside `chassis.requests.once`.

    Raises:
        NotFound: RECEIPT_NOT_FOUND: no valid one that the caller's agency issued. BENEFICIARY_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED: then no receipt is valid.
    """
    own_agency(tx.caller)
    ended = await _ended(command, tx, people, receipts)
    if not ended:
        raise ReceiptNotFound("There is no valid receipt like this that your agency issued.")
    subjects = [one for receipt in ended for one in (receipt.beneficiary_id, receipt.receipt_id)]
    tx.record_access(AccessRecord("intake", method, subjects))
    return ended


async def _ended(
    command: RevokeReceipt, tx: Transaction, people: PostgresBeneficiaries, receipts: PostgresReceipts
) -> Sequence[EndedReceipt]:
    if command.beneficiary_id is not None:
        records = [row.beneficiary_id for row in await people.lock_as_one(tx, command.beneficiary_id)]
        return await end_receipts(tx, records, command.request_id)
    receipt = await receipts.lock_by_code(tx, command.code)
    ended = await receipts.end(tx, receipt.receipt_id) if receipt else []
    tell_ended(tx, ended, command.request_id)
    return ended
