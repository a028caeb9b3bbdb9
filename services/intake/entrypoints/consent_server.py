"""The door for consent: record it, take it back."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.requests import once
from kem.intake.v1 import intake_service_pb2 as messages
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.instants import optional_instant_from, timestamp
from services.intake.entrypoints.refusals import refusals_on_record
from services.intake.entrypoints.translate_consent import consent_from
from services.intake.use_cases.record_consent import RecordConsent, record_consent
from services.intake.use_cases.withdraw_consent import WithdrawConsent, withdraw_consent

RECORD: Final = "/kem.intake.v1.IntakeService/RecordConsent"
WITHDRAW: Final = "/kem.intake.v1.IntakeService/WithdrawConsent"

_Context = grpc.aio.ServicerContext


class ConsentServer:
    """The part of kem.intake.v1.IntakeService that is about consent."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts

    async def RecordConsent(
        self,
        request: messages.RecordConsentRequest,
        context: _Context[messages.RecordConsentRequest, messages.RecordConsentResponse],
    ) -> messages.RecordConsentResponse:
        parts, caller = self._parts, current_caller()
        command = RecordConsent(
            request_id=UUID(request.request_id),
            beneficiary_id=BeneficiaryId(UUID(request.beneficiary_id)),
            record=consent_from(request.consent),
        )
        async with (
            refusals_on_record(parts.database, caller, RECORD, [command.beneficiary_id]),
            parts.database.transaction(caller) as tx,
        ):

            async def act() -> bytes:
                consent_id = await record_consent(command, tx, parts.people, parts.consents, parts.vault)
                return messages.RecordConsentResponse(consent_id=str(consent_id)).SerializeToString()

            response = await once(
                tx, command.request_id, RECORD, request.SerializeToString(deterministic=True), act
            )
        return messages.RecordConsentResponse.FromString(response)

    async def WithdrawConsent(
        self,
        request: messages.WithdrawConsentRequest,
        context: _Context[messages.WithdrawConsentRequest, messages.WithdrawConsentResponse],
    ) -> messages.WithdrawConsentResponse:
        parts, caller = self._parts, current_caller()
        command = WithdrawConsent(
            request_id=UUID(request.request_id),
            beneficiary_id=BeneficiaryId(UUID(request.beneficiary_id)),
            agency_id=AgencyId(UUID(request.agency_id)) if request.HasField("agency_id") else None,
            happened_time=optional_instant_from(request, "happened_time"),
        )
        async with (
            refusals_on_record(parts.database, caller, WITHDRAW, [command.beneficiary_id]),
            parts.database.transaction(caller) as tx,
        ):

            async def act() -> bytes:
                withdrawal = await withdraw_consent(command, tx, parts.people, parts.consents)
                response = messages.WithdrawConsentResponse(
                    withdrawn_time=timestamp(withdrawal.withdrawn_time),
                    grants_closed=withdrawal.grants_closed,
                )
                return response.SerializeToString()

            response = await once(
                tx, command.request_id, WITHDRAW, request.SerializeToString(deterministic=True), act
            )
        return messages.WithdrawConsentResponse.FromString(response)
