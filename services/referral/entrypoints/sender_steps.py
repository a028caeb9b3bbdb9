"""What the sender of a referral does."""

from typing import Any
from uuid import UUID

from chassis.current import current_caller
from chassis.postgres import Transaction
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.ids import OfferId, ReferralId, ServiceId
from services.referral.entrypoints.calls import Calls
from services.referral.entrypoints.translate_explanation import excluded_page_of, explanation_message
from services.referral.entrypoints.translate_referral import state_number
from services.referral.use_cases.cancel_referral import CancelReferral, cancel_referral
from services.referral.use_cases.explain_to_sender import explain_to_sender
from services.referral.use_cases.mark_entered_in_error import MarkEnteredInError, mark_entered_in_error
from services.referral.use_cases.offer_to import OfferTo, need_to_ask_about, offer_to
from services.referral.use_cases.provide_information import ProvideInformation, provide_information


class SenderSteps(Calls):
    """Explain, offer, answer questions, cancel, mark as entered in error."""

    async def ExplainMatches(
        self, request: rpc.ExplainMatchesRequest, context: Any
    ) -> rpc.ExplainMatchesResponse:
        page = excluded_page_of(request)
        caller = current_caller()
        async with self._database.transaction(caller) as tx:
            explanation = await explain_to_sender(
                ReferralId(UUID(request.referral_id)), page, caller, tx, self._stores
            )
        return explanation_message(explanation)

    async def OfferTo(self, request: rpc.OfferToRequest, context: Any) -> rpc.OfferToResponse:
        caller = current_caller()
        command = OfferTo(
            UUID(request.request_id),
            ReferralId(UUID(request.referral_id)),
            tuple(ServiceId(UUID(service_id)) for service_id in request.service_ids),
            request.override_reason,
        )
        async with self._database.transaction(caller) as tx:
            need_id = await need_to_ask_about(tx, self._stores, command.referral_id, caller)
        answer = (await self._intake.get_profiles([need_id]))[need_id]

        async def act(tx: Transaction) -> rpc.OfferToResponse:
            referral, offer_id = await offer_to(command, answer, caller, tx, self._stores)
            return rpc.OfferToResponse(
                state=state_number(referral.state), offer_id=str(offer_id) if offer_id else None
            )

        return await self._once("OfferTo", request, rpc.OfferToResponse, act)

    async def ProvideInformation(
        self, request: rpc.ProvideInformationRequest, context: Any
    ) -> rpc.ProvideInformationResponse:
        offer_id = OfferId(UUID(request.offer_id))
        sealed = await self._sealed_for_offer(offer_id, request.answer)
        command = ProvideInformation(UUID(request.request_id), offer_id, sealed or b"")

        async def act(tx: Transaction) -> rpc.ProvideInformationResponse:
            answer = rpc.ProvideInformationResponse()
            until = await provide_information(command, current_caller(), tx, self._stores)
            answer.respond_by_time.FromDatetime(until)
            return answer

        return await self._once("ProvideInformation", request, rpc.ProvideInformationResponse, act)

    async def CancelReferral(
        self, request: rpc.CancelReferralRequest, context: Any
    ) -> rpc.CancelReferralResponse:
        command = CancelReferral(
            UUID(request.request_id), ReferralId(UUID(request.referral_id)), request.reason
        )

        async def act(tx: Transaction) -> rpc.CancelReferralResponse:
            referral = await cancel_referral(command, current_caller(), tx, self._stores)
            return rpc.CancelReferralResponse(state=state_number(referral.state))

        return await self._once("CancelReferral", request, rpc.CancelReferralResponse, act)

    async def MarkEnteredInError(
        self, request: rpc.MarkEnteredInErrorRequest, context: Any
    ) -> rpc.MarkEnteredInErrorResponse:
        command = MarkEnteredInError(UUID(request.request_id), ReferralId(UUID(request.referral_id)))

        async def act(tx: Transaction) -> rpc.MarkEnteredInErrorResponse:
            referral = await mark_entered_in_error(command, current_caller(), tx, self._stores)
            return rpc.MarkEnteredInErrorResponse(state=state_number(referral.state))

        return await self._once("MarkEnteredInError", request, rpc.MarkEnteredInErrorResponse, act)
