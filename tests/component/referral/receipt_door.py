"""The doors for receipts, and short ways to what ends them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from chassis.caller import SECOND_FACTOR
from chassis.grpc_client import channel
from kem.disclosure.v1 import erasure_service_pb2 as erasure
from kem.disclosure.v1 import receipt_service_pb2 as messages
from kem.disclosure.v1 import rights_service_pb2 as rights
from kem.disclosure.v1.erasure_service_pb2_grpc import ErasureServiceStub
from kem.disclosure.v1.receipt_service_pb2_grpc import ReceiptServiceStub
from kem.disclosure.v1.rights_service_pb2_grpc import RightsServiceStub
from tests.component.intake.desk import at
from tests.component.referral.city import City
from tests.support.hub_certificates import tools_files


@asynccontextmanager
async def doors(city: City) -> AsyncIterator[tuple[Any, Any]]:
    """Where staff of KEM, and anybody with a certificate and no assertion, ask."""
    running = city.running.intake
    async with (
        running.channel_of("caseworker") as staff,
        channel(running.address, "intake", None, tools_files()) as anybody,
    ):
        yield ReceiptServiceStub(staff), ReceiptServiceStub(anybody)


def issue(person: str, **changes: Any) -> messages.IssueReceiptRequest:
    fields: dict[str, Any] = {"beneficiary_id": person, "form": messages.RECEIPT_FORM_PAPER, "language": "en"}
    return messages.IssueReceiptRequest(request_id=str(uuid4()), **(fields | changes))


def check(code: str) -> messages.CheckReceiptRequest:
    return messages.CheckReceiptRequest(code=code)


def read(issued: messages.IssueReceiptResponse) -> messages.ReadReceiptRequest:
    return messages.ReadReceiptRequest(code=issued.code, pin=issued.pin)


async def erase(city: City, person: str, *others: str) -> None:
    """As the person asks; `others`: the records that were merged with this one."""
    running = city.running.intake
    async with (
        running.channel_of() as staff,
        running.channel_of("dpo", agency_id=None, acr=SECOND_FACTOR) as officer,
    ):
        asked = await RightsServiceStub(staff).RegisterRightsRequest(
            rights.RegisterRightsRequestRequest(
                request_id=str(uuid4()),
                beneficiary_id=person,
                right=rights.RIGHT_ERASURE,
                asked_by=rights.ASKED_BY_SELF,
                words="Forget me.",
                received_time=at(datetime.now(UTC)),
            )
        )
        await ErasureServiceStub(officer).EraseBeneficiary(
            erasure.EraseBeneficiaryRequest(
                request_id=str(uuid4()),
                rights_request_id=asked.rights_request_id,
                identity_proof=rights.IDENTITY_PROOF_DOCUMENT_SEEN,
                other_beneficiary_ids=others,
            )
        )
