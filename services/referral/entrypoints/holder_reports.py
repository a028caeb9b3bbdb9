"""What the agency that holds a referral reports."""

from typing import Any
from uuid import UUID

from chassis.current import current_caller
from chassis.instants import optional_instant_from
from chassis.postgres import Transaction
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.ids import ReferralId
from services.referral.domain.offer import check_reason
from services.referral.entrypoints.calls import Calls
from services.referral.entrypoints.translate_referral import state_number
from services.referral.use_cases.answer_offer import check_was_asked
from services.referral.use_cases.close_not_completed import CloseNotCompleted, close_not_completed
from services.referral.use_cases.complete_referral import CompleteReferral, complete_referral
from services.referral.use_cases.return_referral import ReturnReferral, return_referral
from services.referral.use_cases.start_service import StartService, start_service


class HolderReports(Calls):
    """Return, start, complete, close."""

    async def ReturnReferral(
        self, request: rpc.ReturnReferralRequest, context: Any
    ) -> rpc.ReturnReferralResponse:
        referral_id = ReferralId(UUID(request.referral_id))
        check_reason("RETURN", request.reason, request.text)
        sealed = await self._sealed_by_holder(referral_id, request.text)
        command = ReturnReferral(UUID(request.request_id), referral_id, request.reason, request.text, sealed)

        async def act(tx: Transaction) -> rpc.ReturnReferralResponse:
            referral = await return_referral(command, current_caller(), tx, self._stores)
            return rpc.ReturnReferralResponse(state=state_number(referral.state))

        return await self._once("ReturnReferral", request, rpc.ReturnReferralResponse, act)

    async def StartService(self, request: rpc.StartServiceRequest, context: Any) -> rpc.StartServiceResponse:
        command = StartService(
            UUID(request.request_id),
            ReferralId(UUID(request.referral_id)),
            optional_instant_from(request, "happened_time"),
        )

        async def act(tx: Transaction) -> rpc.StartServiceResponse:
            referral = await start_service(command, current_caller(), tx, self._stores)
            return rpc.StartServiceResponse(state=state_number(referral.state))

        return await self._once("StartService", request, rpc.StartServiceResponse, act)

    async def CompleteReferral(
        self, request: rpc.CompleteReferralRequest, context: Any
    ) -> rpc.CompleteReferralResponse:
        command = CompleteReferral(
            UUID(request.request_id),
            ReferralId(UUID(request.referral_id)),
            request.outcome,
            request.confirmed_by,
            optional_instant_from(request, "happened_time"),
        )

        async def act(tx: Transaction) -> rpc.CompleteReferralResponse:
            referral = await complete_referral(command, current_caller(), tx, self._stores)
            return rpc.CompleteReferralResponse(state=state_number(referral.state))

        return await self._once("CompleteReferral", request, rpc.CompleteReferralResponse, act)

    async def CloseNotCompleted(
        self, request: rpc.CloseNotCompletedRequest, context: Any
    ) -> rpc.CloseNotCompletedResponse:
        referral_id = ReferralId(UUID(request.referral_id))
        check_reason("NOT_COMPLETED", request.reason, request.text)
        sealed = await self._sealed_by_holder(referral_id, request.text)
        command = CloseNotCompleted(
            UUID(request.request_id),
            referral_id,
            request.reason,
            optional_instant_from(request, "happened_time"),
            request.text,
            sealed,
        )

        async def act(tx: Transaction) -> rpc.CloseNotCompletedResponse:
            referral = await close_not_completed(command, current_caller(), tx, self._stores)
            return rpc.CloseNotCompletedResponse(state=state_number(referral.state))

        return await self._once("CloseNotCompleted", request, rpc.CloseNotCompletedResponse, act)

    async def _sealed_by_holder(self, referral_id: ReferralId, words: str) -> bytes | None:
        if not words.strip():
            return None
        caller = current_caller()
        async with self._database.transaction(caller) as tx:
            await check_was_asked(tx, self._stores, referral_id, caller)
        return await self._sealed(referral_id, words)
