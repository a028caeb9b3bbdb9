"""Facts about receipts; neither says whether a paper was printed."""

from dataclasses import dataclass
from uuid import UUID

from kernel.ids import BeneficiaryId


@dataclass(frozen=True, slots=True)
class ReceiptIssued:
    """A receipt was issued; always version 1 of it."""

    receipt_id: UUID
    beneficiary_id: BeneficiaryId
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReceiptRevoked:
    """It is not valid any more, by hand or because another one was issued; always version 2."""

    receipt_id: UUID
    beneficiary_id: BeneficiaryId
    request_id: UUID | None = None


ReceiptFact = ReceiptIssued | ReceiptRevoked
