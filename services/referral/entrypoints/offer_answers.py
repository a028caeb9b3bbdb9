"""How an agency answers an offer."""

from typing import Any
from uuid import UUID

from chassis.current import current_caller
from chassis.postgres import Transaction
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.ids import OfferId
from services.referral.domain.offer import check_reason
from services.referral.entrypoints.calls import Calls
from services.referral.entrypoints.translate_referral import asked_date, state_number
from services.referral.use_cases.accept_offer import AcceptOffer, accept_offer
from services.referral.use_cases.acknowledge_offer import AcknowledgeOffer, acknowledge_offer
from services.referral.use_cases.decline_offer import DeclineOffer, decline_offer
from services.referral.use_cases.request_information import RequestInformation, request_information
from services.referral.use_cases.waitlist_offer import WaitlistOffer, waitlist_offer


class OfferAnswers(Calls):
    """Accept, decline, wait-list, ask, acknowledge."""

    async def AcceptOffer(self, request: rpc.AcceptOfferRequest, context: Any) -> rpc.AcceptOfferResponse:
        command = AcceptOffer(
            UUID(request.request_id), OfferId(UUID(request.offer_id)), request.for_assessment
        )

        async def act(tx: Transaction) -> rpc.AcceptOfferResponse:
            referral, accepted_time = await accept_offer(command, current_caller(), tx, self._stores)
            answer = rpc.AcceptOfferResponse(
                referral_id=str(referral.referral_id), state=state_number(referral.state)
            )
            answer.accepted_time.FromDatetime(accepted_time)
            return answer

        return await self._once("AcceptOffer", request, rpc.AcceptOfferResponse, act)

    async def DeclineOffer(self, request: rpc.DeclineOfferRequest, context: Any) -> rpc.DeclineOfferResponse:
        offer_id = OfferId(UUID(request.offer_id))
        check_reason("DECLINE", request.reason, request.text)
        sealed = await self._sealed_for_offer(offer_id, request.text) if request.text else None
        command = DeclineOffer(UUID(request.request_id), offer_id, request.reason, request.text, sealed)

        async def act(tx: Transaction) -> rpc.DeclineOfferResponse:
            referral = await decline_offer(command, current_caller(), tx, self._stores)
            return rpc.DeclineOfferResponse(state=state_number(referral.state))

        return await self._once("DeclineOffer", request, rpc.DeclineOfferResponse, act)

    async def WaitlistOffer(
        self, request: rpc.WaitlistOfferRequest, context: Any
    ) -> rpc.WaitlistOfferResponse:
        command = WaitlistOffer(
            UUID(request.request_id), OfferId(UUID(request.offer_id)), asked_date(request.estimated_date)
        )

        async def act(tx: Transaction) -> rpc.WaitlistOfferResponse:
            referral, position = await waitlist_offer(command, current_caller(), tx, self._stores)
            return rpc.WaitlistOfferResponse(state=state_number(referral.state), waiting_position=position)

        return await self._once("WaitlistOffer", request, rpc.WaitlistOfferResponse, act)

    async def RequestInformation(
        self, request: rpc.RequestInformationRequest, context: Any
    ) -> rpc.RequestInformationResponse:
        offer_id = OfferId(UUID(request.offer_id))
        sealed = await self._sealed_for_offer(offer_id, request.question)
        command = RequestInformation(UUID(request.request_id), offer_id, sealed or b"")

        async def act(tx: Transaction) -> rpc.RequestInformationResponse:
            left = await request_information(command, current_caller(), tx, self._stores)
            return rpc.RequestInformationResponse(remaining_seconds=left)

        return await self._once("RequestInformation", request, rpc.RequestInformationResponse, act)

    async def AcknowledgeOffer(
        self, request: rpc.AcknowledgeOfferRequest, context: Any
    ) -> rpc.AcknowledgeOfferResponse:
        command = AcknowledgeOffer(UUID(request.request_id), OfferId(UUID(request.offer_id)))

        async def act(tx: Transaction) -> rpc.AcknowledgeOfferResponse:
            answer = rpc.AcknowledgeOfferResponse()
            first_time = await acknowledge_offer(command, current_caller(), tx, self._stores)
            answer.acknowledged_time.FromDatetime(first_time)
            return answer

        return await self._once("AcknowledgeOffer", request, rpc.AcknowledgeOfferResponse, act)
