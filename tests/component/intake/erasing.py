"""A person's wish to be erased, fulfilled through the doors."""

from datetime import UTC, datetime
from uuid import uuid4

from chassis.caller import SECOND_FACTOR
from kem.disclosure.v1 import erasure_service_pb2 as erasure
from kem.disclosure.v1 import rights_service_pb2 as rights
from kem.disclosure.v1.erasure_service_pb2_grpc import ErasureServiceStub
from kem.disclosure.v1.rights_service_pb2_grpc import RightsServiceStub
from tests.component.intake.desk import at
from tests.support.intake import RunningIntake


async def erase(intake: RunningIntake, person: str) -> None:
    """The desk registers the wish, the hub's data protection officer has it done."""
    request = rights.RegisterRightsRequestRequest(
        request_id=str(uuid4()),
        beneficiary_id=person,
        right=rights.RIGHT_ERASURE,
        asked_by=rights.ASKED_BY_SELF,
        words="All of it.",
        received_time=at(datetime.now(UTC)),
    )
    async with intake.channel_of("caseworker") as desk:
        asked = await RightsServiceStub(desk).RegisterRightsRequest(request)
    async with intake.channel_of("dpo", agency_id=None, acr=SECOND_FACTOR) as officer:
        await ErasureServiceStub(officer).EraseBeneficiary(
            erasure.EraseBeneficiaryRequest(
                request_id=str(uuid4()),
                rights_request_id=asked.rights_request_id,
                identity_proof=rights.IDENTITY_PROOF_KNOWN_PERSONALLY,
            )
        )
