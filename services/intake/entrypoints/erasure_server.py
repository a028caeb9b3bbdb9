"""The door for erasure and its certificates."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from kem.disclosure.v1 import erasure_service_pb2 as messages
from kem.disclosure.v1 import erasure_service_pb2_grpc, rights_service_pb2
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_erasures import PostgresErasures
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.person_export import IdentityProof
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.use_cases.erase_by_request import (
    EraseByRequest,
    ErasureParts,
    erase_by_request,
    get_erasure_certificate,
)

_SERVICE: Final = "/kem.disclosure.v1.ErasureService"
ERASE: Final = f"{_SERVICE}/EraseBeneficiary"
GET: Final = f"{_SERVICE}/GetErasureCertificate"

_Context = grpc.aio.ServicerContext


class ErasureServer(erasure_service_pb2_grpc.ErasureServiceServicer):
    """kem.disclosure.v1.ErasureService."""

    def __init__(self, parts: ConsentParts, tombstones: Tombstones) -> None:
        self._database = parts.database
        self._parts = ErasureParts(
            parts.people, PostgresRightsRequests(), PostgresErasures(), tombstones, parts.recalls
        )

    async def EraseBeneficiary(
        self,
        request: messages.EraseBeneficiaryRequest,
        context: _Context[messages.EraseBeneficiaryRequest, messages.EraseBeneficiaryResponse],
    ) -> messages.EraseBeneficiaryResponse:
        proof = rights_service_pb2.IdentityProof.Name(request.identity_proof)
        command = EraseByRequest(
            UUID(request.request_id),
            UUID(request.rights_request_id),
            IdentityProof(proof.removeprefix("IDENTITY_PROOF_")),
            [BeneficiaryId(UUID(one)) for one in request.other_beneficiary_ids],
        )

        async def act(tx: Transaction) -> messages.EraseBeneficiaryResponse:
            certificate = await erase_by_request(command, tx, self._parts)
            return messages.EraseBeneficiaryResponse(
                certificate_id=str(certificate.certificate_id),
                erased_time=timestamp(certificate.erased_time),
                sha256=certificate.sha256.hex(),
            )

        return await answer_on_record(
            self._database,
            ERASE,
            request,
            messages.EraseBeneficiaryResponse,
            act,
            [command.rights_request_id],
        )

    async def GetErasureCertificate(
        self,
        request: messages.GetErasureCertificateRequest,
        context: _Context[messages.GetErasureCertificateRequest, messages.GetErasureCertificateResponse],
    ) -> messages.GetErasureCertificateResponse:
        caller, wanted = current_caller(), UUID(request.certificate_id)
        async with (
            refusals_on_record(self._database, caller, GET, [wanted]),
            self._database.transaction(caller) as tx,
        ):
            certificate, answers = await get_erasure_certificate(wanted, tx, self._parts.erasures)
        return messages.GetErasureCertificateResponse(
            document=certificate.document, sha256=certificate.sha256.hex(), answers=answers
        )
