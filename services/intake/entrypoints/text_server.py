"""The door through which the hub's other services seal and open words about a person."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from kem.intake.v1 import text_service_pb2 as messages
from kem.intake.v1 import text_service_pb2_grpc
from kernel.ids import AgencyId, ReferralId
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.entrypoints.parts import VaultParts
from services.intake.entrypoints.refusals import refusals_on_record
from services.intake.use_cases.open_text import OpenText, open_text
from services.intake.use_cases.seal_text import SealText, seal_text

SEAL: Final = "/kem.intake.v1.TextService/Seal"
OPEN: Final = "/kem.intake.v1.TextService/Open"

_Context = grpc.aio.ServicerContext


class TextServer(text_service_pb2_grpc.TextServiceServicer):
    """kem.intake.v1.TextService."""

    def __init__(self, parts: VaultParts, needs: PostgresNeeds) -> None:
        self._parts = parts
        self._needs = needs

    async def Seal(
        self, request: messages.SealRequest, context: _Context[messages.SealRequest, messages.SealResponse]
    ) -> messages.SealResponse:
        command = SealText(ReferralId(UUID(request.referral_id)), request.text)
        async with self._parts.database.transaction(current_caller()) as tx:
            sealed = await seal_text(command, tx, self._needs, self._parts.vault)
        return messages.SealResponse(sealed=sealed)

    async def Open(
        self, request: messages.OpenRequest, context: _Context[messages.OpenRequest, messages.OpenResponse]
    ) -> messages.OpenResponse:
        parts, caller, agency = self._parts, current_caller(), request.reader_agency_id
        command = OpenText(
            referral_id=ReferralId(UUID(request.referral_id)),
            sealed=request.sealed,
            reader_id=UUID(request.reader_id),
            reader_agency_id=AgencyId(UUID(agency)) if agency else None,
            reader_acting_person=request.reader_acting_person,
        )
        async with (
            refusals_on_record(parts.database, caller, OPEN, [command.referral_id]),
            parts.database.transaction(caller) as tx,
        ):
            texts = await open_text(command, OPEN, tx, self._needs, parts.vault)
        if texts is None:
            return messages.OpenResponse(texts=[""] * len(command.sealed), erased=True)
        return messages.OpenResponse(texts=texts)
