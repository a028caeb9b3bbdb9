"""The door for consent: record it, take it back, freeze it."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import optional_instant_from, timestamp
from chassis.postgres import Transaction
from kem.intake.v1 import intake_service_pb2 as messages
from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from services.intake.adapters.postgres_recalls import MAX_LINES
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.refusals import answer_on_record
from services.intake.entrypoints.translate_consent import ANSWERS, ENDINGS, consent_from
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.end_consent import EndConsent, end_consent
from services.intake.use_cases.freeze_consent import ChangeFreeze, freeze_consent, lift_consent_freeze
from services.intake.use_cases.lift_denial import LiftDenial, lift_denial
from services.intake.use_cases.list_consent_freezes import list_consent_freezes
from services.intake.use_cases.record_consent import RecordConsent, record_consent
from services.intake.use_cases.record_consent_state import RecordConsentState, record_consent_state
from services.intake.use_cases.withdraw_consent import WithdrawConsent, withdraw_consent

RECORD: Final = "/kem.intake.v1.IntakeService/RecordConsent"
WITHDRAW: Final = "/kem.intake.v1.IntakeService/WithdrawConsent"
RECORD_STATE: Final = "/kem.intake.v1.IntakeService/RecordConsentState"
END: Final = "/kem.intake.v1.IntakeService/EndConsent"
LIFT_DENIAL: Final = "/kem.intake.v1.IntakeService/LiftDenial"
FREEZE: Final = "/kem.intake.v1.IntakeService/FreezeConsent"
LIFT: Final = "/kem.intake.v1.IntakeService/LiftConsentFreeze"
LIST_FREEZES: Final = "/kem.intake.v1.IntakeService/ListConsentFreezes"

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
        parts = self._parts
        command = RecordConsent(
            request_id=UUID(request.request_id),
            beneficiary_id=BeneficiaryId(UUID(request.beneficiary_id)),
            record=consent_from(request.consent),
        )

        async def act(tx: Transaction) -> messages.RecordConsentResponse:
            consent_id = await record_consent(
                command,
                tx,
                parts.people,
                parts.consents,
                parts.policy,
                parts.freezes,
                parts.recalls,
                parts.vault,
            )
            return messages.RecordConsentResponse(consent_id=str(consent_id))

        return await answer_on_record(
            parts.database, RECORD, request, messages.RecordConsentResponse, act, [command.beneficiary_id]
        )

    async def WithdrawConsent(
        self,
        request: messages.WithdrawConsentRequest,
        context: _Context[messages.WithdrawConsentRequest, messages.WithdrawConsentResponse],
    ) -> messages.WithdrawConsentResponse:
        parts = self._parts
        command = WithdrawConsent(
            request_id=UUID(request.request_id),
            beneficiary_id=BeneficiaryId(UUID(request.beneficiary_id)),
            agency_id=AgencyId(UUID(request.agency_id)) if request.HasField("agency_id") else None,
            happened_time=optional_instant_from(request, "happened_time"),
        )

        async def act(tx: Transaction) -> messages.WithdrawConsentResponse:
            withdrawal = await withdraw_consent(command, tx, parts.people, parts.consents, parts.recalls)
            in_between = withdrawal.in_between
            return messages.WithdrawConsentResponse(
                withdrawn_time=timestamp(withdrawal.withdrawn_time),
                grants_closed=withdrawal.grants_closed,
                recalls_opened=len(withdrawal.recalls),
                disclosure_ids_in_between=map(str, in_between[:MAX_LINES]),
                in_between_count=len(in_between),
            )

        return await answer_on_record(
            parts.database, WITHDRAW, request, messages.WithdrawConsentResponse, act, [command.beneficiary_id]
        )

    async def RecordConsentState(
        self,
        request: messages.RecordConsentStateRequest,
        context: _Context[messages.RecordConsentStateRequest, messages.RecordConsentStateResponse],
    ) -> messages.RecordConsentStateResponse:
        parts = self._parts
        command = RecordConsentState(
            request_id=UUID(request.request_id),
            beneficiary_id=BeneficiaryId(UUID(request.beneficiary_id)),
            answer=ANSWERS[request.answer],
            agency_id=AgencyId(UUID(request.agency_id)) if request.HasField("agency_id") else None,
            happened_time=optional_instant_from(request, "happened_time"),
        )

        async def act(tx: Transaction) -> messages.RecordConsentStateResponse:
            recorded_time = await record_consent_state(command, tx, parts.people, parts.consents)
            return messages.RecordConsentStateResponse(recorded_time=timestamp(recorded_time))

        return await answer_on_record(
            parts.database,
            RECORD_STATE,
            request,
            messages.RecordConsentStateResponse,
            act,
            [command.beneficiary_id],
        )

    async def EndConsent(
        self,
        request: messages.EndConsentRequest,
        context: _Context[messages.EndConsentRequest, messages.EndConsentResponse],
    ) -> messages.EndConsentResponse:
        parts = self._parts
        command = EndConsent(
            UUID(request.request_id),
            BeneficiaryId(UUID(request.beneficiary_id)),
            ConsentId(UUID(request.consent_id)),
            ENDINGS[request.ending],
        )

        async def act(tx: Transaction) -> messages.EndConsentResponse:
            ended = await end_consent(command, tx, parts.people, parts.consents, parts.recalls)
            return messages.EndConsentResponse(
                ended_time=timestamp(ended.ended_time), grants_closed=ended.grants_closed
            )

        return await answer_on_record(
            parts.database, END, request, messages.EndConsentResponse, act, [command.beneficiary_id]
        )

    async def LiftDenial(
        self,
        request: messages.LiftDenialRequest,
        context: _Context[messages.LiftDenialRequest, messages.LiftDenialResponse],
    ) -> messages.LiftDenialResponse:
        parts = self._parts
        command = LiftDenial(
            UUID(request.request_id),
            BeneficiaryId(UUID(request.beneficiary_id)),
            ConsentId(UUID(request.consent_id)),
            request.words,
        )

        async def act(tx: Transaction) -> messages.LiftDenialResponse:
            lifted_time = await lift_denial(
                command, tx, parts.people, parts.consents, parts.vault, parts.recalls
            )
            return messages.LiftDenialResponse(lifted_time=timestamp(lifted_time))

        return await answer_on_record(
            parts.database,
            LIFT_DENIAL,
            request,
            messages.LiftDenialResponse,
            act,
            [command.beneficiary_id],
        )

    async def FreezeConsent(
        self,
        request: messages.FreezeConsentRequest,
        context: _Context[messages.FreezeConsentRequest, messages.FreezeConsentResponse],
    ) -> messages.FreezeConsentResponse:
        parts, command = self._parts, _change_from(request)

        async def act(tx: Transaction) -> messages.FreezeConsentResponse:
            frozen_time = await freeze_consent(command, tx, parts.people, parts.freezes, parts.vault)
            return messages.FreezeConsentResponse(frozen_time=timestamp(frozen_time))

        return await answer_on_record(
            parts.database, FREEZE, request, messages.FreezeConsentResponse, act, [command.beneficiary_id]
        )

    async def LiftConsentFreeze(
        self,
        request: messages.LiftConsentFreezeRequest,
        context: _Context[messages.LiftConsentFreezeRequest, messages.LiftConsentFreezeResponse],
    ) -> messages.LiftConsentFreezeResponse:
        parts, command = self._parts, _change_from(request)

        async def act(tx: Transaction) -> messages.LiftConsentFreezeResponse:
            lifted_time = await lift_consent_freeze(command, tx, parts.people, parts.freezes, parts.vault)
            return messages.LiftConsentFreezeResponse(lifted_time=timestamp(lifted_time))

        return await answer_on_record(
            parts.database, LIFT, request, messages.LiftConsentFreezeResponse, act, [command.beneficiary_id]
        )

    async def ListConsentFreezes(
        self,
        request: messages.ListConsentFreezesRequest,
        context: _Context[messages.ListConsentFreezesRequest, messages.ListConsentFreezesResponse],
    ) -> messages.ListConsentFreezesResponse:
        parts, after = self._parts, place_from(request.page_token)
        async with parts.database.transaction(current_caller()) as tx:
            page = await list_consent_freezes(
                request.page_size, after, LIST_FREEZES, tx, parts.freezes, parts.vault
            )
        return messages.ListConsentFreezesResponse(
            freezes=[
                messages.ConsentFreeze(
                    consent_freeze_id=str(one.consent_freeze_id),
                    beneficiary_id=str(one.beneficiary_id),
                    frozen_time=timestamp(one.frozen_time),
                    review_due_time=timestamp(one.due_time) if one.due_time else None,
                    overdue=one.due_time is not None and one.due_time <= page.now,
                    words=words,
                )
                for one, words in page.freezes
            ],
            next_page_token=page_token(page.next_after),
        )


def _change_from(request: messages.FreezeConsentRequest | messages.LiftConsentFreezeRequest) -> ChangeFreeze:
    return ChangeFreeze(UUID(request.request_id), BeneficiaryId(UUID(request.beneficiary_id)), request.words)
