"""The door for receipts. Two of its methods are open to whoever has a certificate of the hub."""

from typing import Final
from uuid import UUID

import grpc

from chassis.caller import Caller
from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Database, Transaction
from kem.disclosure.v1 import receipt_service_pb2 as messages
from kem.disclosure.v1 import receipt_service_pb2_grpc
from kernel.errors import KemError
from kernel.ids import BeneficiaryId
from services.intake.domain.receipt import ReceiptForm
from services.intake.entrypoints.receipt_message import content_message
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.use_cases.ask_about_receipt import check_receipt, read_receipt
from services.intake.use_cases.issue_receipt import IssueReceipt, ReceiptParts, issue_receipt
from services.intake.use_cases.revoke_receipt import RevokeReceipt, revoke_receipt

_SERVICE: Final = "/kem.disclosure.v1.ReceiptService"
ISSUE: Final = f"{_SERVICE}/IssueReceipt"
REVOKE: Final = f"{_SERVICE}/RevokeReceipt"
CHECK: Final = f"{_SERVICE}/CheckReceipt"
READ: Final = f"{_SERVICE}/ReadReceipt"
_ANYBODY: Final = Caller.of_service("intake")
"""Nobody is signed in where codes are asked about: the service itself looks, by the code alone."""

_Context = grpc.aio.ServicerContext


class ReceiptServer(receipt_service_pb2_grpc.ReceiptServiceServicer):
    """kem.disclosure.v1.ReceiptService."""

    def __init__(self, database: Database, parts: ReceiptParts) -> None:
        self._database, self._parts = database, parts

    async def IssueReceipt(
        self,
        request: messages.IssueReceiptRequest,
        context: _Context[messages.IssueReceiptRequest, messages.IssueReceiptResponse],
    ) -> messages.IssueReceiptResponse:
        caller = current_caller()
        command = IssueReceipt(
            UUID(request.request_id),
            BeneficiaryId(UUID(request.beneficiary_id)),
            ReceiptForm(messages.ReceiptForm.Name(request.form).removeprefix("RECEIPT_FORM_")),
            request.language,
        )
        async with refusals_on_record(self._database, caller, ISSUE, [command.beneficiary_id]):
            issued = await issue_receipt(command, ISSUE, caller, self._database, self._parts)
        until = issued.receipt.valid_until_time
        return messages.IssueReceiptResponse(
            receipt_id=str(issued.receipt.receipt_id),
            issued_time=timestamp(issued.receipt.issued_time),
            code=issued.code,
            pin=issued.pin,
            content=content_message(issued.content) if issued.content else None,
            warnings=[messages.ReceiptWarning.Value(f"RECEIPT_WARNING_{one}") for one in issued.warnings],
            valid_until_time=timestamp(until) if until else None,
        )

    async def RevokeReceipt(
        self,
        request: messages.RevokeReceiptRequest,
        context: _Context[messages.RevokeReceiptRequest, messages.RevokeReceiptResponse],
    ) -> messages.RevokeReceiptResponse:
        person = BeneficiaryId(UUID(request.beneficiary_id)) if request.beneficiary_id else None
        command = RevokeReceipt(UUID(request.request_id), request.code, person)

        async def act(tx: Transaction) -> messages.RevokeReceiptResponse:
            ended = await revoke_receipt(command, REVOKE, tx, self._parts.people, self._parts.receipts)
            return messages.RevokeReceiptResponse(
                receipt_ids=[str(one.receipt_id) for one in ended],
                revoked_time=timestamp(max(one.revoked_time for one in ended)),
            )

        about = [person] if person else []
        return await answer_on_record(
            self._database, REVOKE, request, messages.RevokeReceiptResponse, act, about
        )

    async def CheckReceipt(
        self,
        request: messages.CheckReceiptRequest,
        context: _Context[messages.CheckReceiptRequest, messages.CheckReceiptResponse],
    ) -> messages.CheckReceiptResponse:
        async with self._database.transaction(_ANYBODY) as tx:
            is_valid = await check_receipt(request.code, tx, self._parts.receipts)
        return messages.CheckReceiptResponse(valid=is_valid)

    async def ReadReceipt(
        self,
        request: messages.ReadReceiptRequest,
        context: _Context[messages.ReadReceiptRequest, messages.ReadReceiptResponse],
    ) -> messages.ReadReceiptResponse:
        async with self._database.transaction(_ANYBODY) as tx:
            found = await read_receipt(request.code, request.pin, READ, tx, self._parts.receipts)
        if isinstance(found, KemError):
            raise found
        return messages.ReadReceiptResponse(content=content_message(found))
