"""Receipts for pages that show them."""

from uuid import uuid4

from kem.disclosure.v1 import receipt_service_pb2 as receipts
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kernel.vocabulary import Role
from services.intake.entrypoints.translate_beneficiary import beneficiary_message
from tests.support.console import ConsoleHub
from tests.support.people import invented_person


async def issue_receipt(console: ConsoleHub, language: str) -> receipts.IssueReceiptResponse:
    """Of somebody new whom KEM's desk has registered."""
    staff = console.hub.person(uuid4(), await console.agency_id("KEM"), Role.CASEWORKER)
    registered = await console.hub.intake.RegisterBeneficiary(
        intake.RegisterBeneficiaryRequest(
            request_id=str(uuid4()),
            beneficiary=beneficiary_message(invented_person()),
            origin=ORIGIN_KEM_DESK,
        ),
        metadata=staff.credentials(),
    )
    issued: receipts.IssueReceiptResponse = await console.hub.receipts.IssueReceipt(
        receipts.IssueReceiptRequest(
            request_id=str(uuid4()),
            beneficiary_id=registered.beneficiary_id,
            form=receipts.RECEIPT_FORM_PAPER,
            language=language,
        ),
        metadata=staff.credentials(),
    )
    return issued
