"""What anybody is told of a receipt: by its code whether it is valid, by code and PIN what it says."""

import hmac
from typing import Final

from chassis.access_records import AccessRecord, access_event
from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.errors import KemError
from kernel.ids import derived_id
from services.intake.adapters.postgres_receipts import PostgresReceipts
from services.intake.domain.receipt import Receipt, ReceiptLocked, ReceiptNotFound
from services.intake.domain.receipt_code import typed_pin
from services.intake.domain.receipt_wording import Content

RECEIPT_HOLDER: Final = "receipt_holder"
"""Whoever has code and PIN: no account, and no role that opens anything."""


async def check_receipt(typed: str, tx: Transaction, receipts: PostgresReceipts) -> bool:
    """Whether KEM issued it and it is valid. Counted, and nothing else is kept of it.

    Whatever was typed takes the same way: one digest, one look, one count.

    Raises:
        Exhausted: RECEIPTS_ASKED_TOO_OFTEN.
    """
    minute = await receipts.begin_check(tx)
    is_valid = await receipts.is_valid(tx, typed)
    await receipts.end_check(tx, minute, is_valid=is_valid)
    return is_valid


async def read_receipt(
    typed: str, pin: str, method: str, tx: Transaction, receipts: PostgresReceipts
) -> Content | KemError:
    """What it says, or why not: an answer all the same, as a wrong PIN must be counted by this transaction.

    A refusal is on record where there is such a receipt. Whoever reads is told apart from the hub's own
    services by a principal of the receipt's own.

    Raises:
        Exhausted: RECEIPTS_ASKED_TOO_OFTEN.
    """
    minute = await receipts.begin_check(tx)
    receipt = await receipts.lock_by_code(tx, typed)
    found = await _opened(receipt, pin, tx, receipts) if receipt else _not_right()
    refusal = found if isinstance(found, KemError) else None
    await receipts.end_check(tx, minute, is_valid=refusal is None)
    if receipt is not None:
        reason = refusal.stable_reason if refusal else ""
        subjects = [receipt.beneficiary_id, receipt.receipt_id]
        record = AccessRecord("intake", method, subjects, refusal_reason=reason)
        tx.publish(access_event(record, _holder(receipt), await tx.now()))
    if refusal is not None:
        refusal.is_on_record = receipt is not None
    return found


async def _opened(
    receipt: Receipt, pin: str, tx: Transaction, receipts: PostgresReceipts
) -> Content | KemError:
    try:
        receipt.check_not_locked()
    except ReceiptLocked as locked:
        return locked
    typed = receipts.pin_digest(receipt.receipt_id, typed_pin(pin))
    is_right = hmac.compare_digest(receipt.pin_digest or b"", typed)
    await receipts.note_pin(tx, receipt, is_right=is_right)
    content = await receipts.open(tx, receipt) if is_right else None
    return content or _not_right()


def _not_right() -> KemError:
    return ReceiptNotFound("The code or the PIN is not right, or the receipt is not valid any more.")


def _holder(receipt: Receipt) -> Caller:
    return Caller(
        principal_id=derived_id("receipt", str(receipt.receipt_id)),
        agency_id=None,
        roles=frozenset({RECEIPT_HOLDER}),
        acting_person="",
        acr="pin",
        issuer="receipt",
    )
