"""The door for what is given when there is no time to ask, and for those who look at it afterwards."""

from datetime import datetime
from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import instant_from, timestamp
from chassis.postgres import Transaction
from kem.disclosure.v1 import emergency_service_pb2 as messages
from kem.disclosure.v1 import emergency_service_pb2_grpc
from kernel import codes
from kernel.ids import AgencyId, ReferralId
from kernel.vocabulary import LegalBasis
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.domain.emergency_review import EmergencyReview, ReviewFinding
from services.intake.domain.handover import Handover, HandoverAnswer
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.refusals import answer_on_record
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.list_emergency_reviews import list_emergency_reviews
from services.intake.use_cases.record_handover import RecordHandover, record_handover
from services.intake.use_cases.review_emergency import ReviewEmergency, review_emergency

_SERVICE: Final = "/kem.disclosure.v1.EmergencyService"
HAND_OVER: Final = f"{_SERVICE}/RecordHandover"
REVIEW: Final = f"{_SERVICE}/ReviewEmergency"
LIST: Final = f"{_SERVICE}/ListEmergencyReviews"

_Context = grpc.aio.ServicerContext


class EmergencyServer(emergency_service_pb2_grpc.EmergencyServiceServicer):
    """kem.disclosure.v1.EmergencyService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts
        self._emergencies = PostgresEmergencies()

    async def RecordHandover(
        self,
        request: messages.RecordHandoverRequest,
        context: _Context[messages.RecordHandoverRequest, messages.RecordHandoverResponse],
    ) -> messages.RecordHandoverResponse:
        parts = self._parts
        command = RecordHandover(UUID(request.request_id), handover_from(request))

        async def act(tx: Transaction) -> messages.RecordHandoverResponse:
            kept = await record_handover(
                command,
                tx,
                parts.people,
                self._emergencies,
                parts.recalls,
                parts.corrections,
                parts.vault,
            )
            response = messages.RecordHandoverResponse(
                disclosure_id=str(kept.disclosure_id), recorded_time=timestamp(kept.recorded_time)
            )
            if kept.review_due_time is not None:
                response.review_due_time.FromDatetime(kept.review_due_time)
            return response

        return await answer_on_record(
            parts.database,
            HAND_OVER,
            request,
            messages.RecordHandoverResponse,
            act,
            [command.handover.referral_id],
        )

    async def ReviewEmergency(
        self,
        request: messages.ReviewEmergencyRequest,
        context: _Context[messages.ReviewEmergencyRequest, messages.ReviewEmergencyResponse],
    ) -> messages.ReviewEmergencyResponse:
        parts = self._parts
        command = ReviewEmergency(
            UUID(request.request_id),
            UUID(request.subject_id),
            ReviewFinding(messages.ReviewFinding.Name(request.finding).removeprefix("REVIEW_FINDING_")),
            request.words,
        )

        async def act(tx: Transaction) -> messages.ReviewEmergencyResponse:
            reviewed_time = await review_emergency(command, tx, self._emergencies, parts.vault)
            return messages.ReviewEmergencyResponse(reviewed_time=timestamp(reviewed_time))

        return await answer_on_record(
            parts.database, REVIEW, request, messages.ReviewEmergencyResponse, act, [command.subject_id]
        )

    async def ListEmergencyReviews(
        self,
        request: messages.ListEmergencyReviewsRequest,
        context: _Context[messages.ListEmergencyReviewsRequest, messages.ListEmergencyReviewsResponse],
    ) -> messages.ListEmergencyReviewsResponse:
        parts, caller = self._parts, current_caller()
        after = place_from(request.page_token)
        async with parts.database.transaction(caller) as tx:
            page = await list_emergency_reviews(
                request.page_size, after, LIST, tx, self._emergencies, parts.vault
            )
        return messages.ListEmergencyReviewsResponse(
            reviews=[
                review_message(review, words, page.now, caller.principal_id) for review, words in page.reviews
            ],
            next_page_token=page_token(page.next_after),
        )


def handover_from(request: messages.RecordHandoverRequest) -> Handover:
    """The hand-over as it is reported.

    Raises:
        Invalid: UNKNOWN_CODE, TIME_OUT_OF_RANGE.
    """
    return Handover(
        referral_id=ReferralId(UUID(request.referral_id)),
        agency_id=AgencyId(UUID(request.agency_id)),
        told_mask=codes.mask(request.told_categories),
        legal_basis=LegalBasis(request.legal_basis),
        circumstances=request.circumstances,
        spoken_to=request.spoken_to,
        answer=HandoverAnswer(messages.HandoverAnswer.Name(request.answer).removeprefix("HANDOVER_ANSWER_")),
        happened_time=instant_from(request.happened_time, "happened_time"),
    )


def review_message(
    review: EmergencyReview, words: str, now: datetime, reader_id: UUID
) -> messages.EmergencyReview:
    """As `reader_id` sees it."""
    return messages.EmergencyReview(
        subject_id=str(review.subject_id),
        kind=review.kind,
        referral_id=str(review.referral_id),
        recipient_agency_id=str(review.recipient_agency_id),
        opened_time=timestamp(review.opened_time),
        due_time=timestamp(review.due_time),
        overdue=review.due_time <= now,
        reviewable=review.may_be_reviewed_by(reader_id),
        given_categories=codes.categories_in(review.given_mask),
        circumstances=words,
    )
