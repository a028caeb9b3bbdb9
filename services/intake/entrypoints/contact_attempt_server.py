"""The door for tries to reach people."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import optional_instant_from, timestamp
from chassis.postgres import Transaction
from kem.intake.v1 import beneficiary_pb2, contact_attempt_service_pb2_grpc
from kem.intake.v1 import contact_attempt_service_pb2 as messages
from kernel.ids import BeneficiaryId, ReferralId
from services.intake.adapters.postgres_contact_attempts import PostgresContactAttempts
from services.intake.adapters.postgres_emergency_access import PostgresEmergencyAccess
from services.intake.domain.beneficiary import ContactKind
from services.intake.domain.contact_attempt import ContactAttempt, ContactResult
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.enums import by_number
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.list_contact_attempts import ListContactAttempts, list_contact_attempts
from services.intake.use_cases.record_contact_attempt import (
    ContactParts,
    RecordContactAttempt,
    record_contact_attempt,
)

_SERVICE: Final = "/kem.intake.v1.ContactAttemptService"
RECORD: Final = f"{_SERVICE}/RecordContactAttempt"
LIST: Final = f"{_SERVICE}/ListContactAttempts"
_CHANNELS: Final = by_number(beneficiary_pb2.Contact.Kind, "KIND_", ContactKind)
_RESULTS: Final = by_number(messages.ContactResult, "CONTACT_RESULT_", ContactResult)

_Context = grpc.aio.ServicerContext


class ContactAttemptServer(contact_attempt_service_pb2_grpc.ContactAttemptServiceServicer):
    """kem.intake.v1.ContactAttemptService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._database = parts.database
        self._parts = ContactParts(
            parts.people,
            parts.needs,
            parts.disclosures,
            parts.held_referrals,
            PostgresContactAttempts(),
            PostgresEmergencyAccess(),
            parts.vault,
        )

    async def RecordContactAttempt(
        self,
        request: messages.RecordContactAttemptRequest,
        context: _Context[messages.RecordContactAttemptRequest, messages.RecordContactAttemptResponse],
    ) -> messages.RecordContactAttemptResponse:
        about, is_about_referral = _about(request)
        command = RecordContactAttempt(
            UUID(request.request_id),
            about,
            is_about_referral,
            request.by == messages.CONTACT_ATTEMPT_BY_HOLDER,
            _CHANNELS[request.channel],
            _RESULTS[request.result],
            optional_instant_from(request, "happened_time"),
        )

        async def act(tx: Transaction) -> messages.RecordContactAttemptResponse:
            kept = await record_contact_attempt(command, tx, self._parts)
            return messages.RecordContactAttemptResponse(
                contact_attempt_id=str(kept.contact_attempt_id),
                recorded_time=timestamp(kept.recorded_time),
                by_safe_channel=kept.by_safe_channel,
            )

        return await answer_on_record(
            self._database, RECORD, request, messages.RecordContactAttemptResponse, act, [about]
        )

    async def ListContactAttempts(
        self,
        request: messages.ListContactAttemptsRequest,
        context: _Context[messages.ListContactAttemptsRequest, messages.ListContactAttemptsResponse],
    ) -> messages.ListContactAttemptsResponse:
        caller, (about, is_about_referral) = current_caller(), _about(request)
        before = place_from(request.page_token)
        command = ListContactAttempts(about, is_about_referral, request.page_size, before)
        async with (
            refusals_on_record(self._database, caller, LIST, [about]),
            self._database.transaction(caller) as tx,
        ):
            page = await list_contact_attempts(command, LIST, tx, self._parts)
        return messages.ListContactAttemptsResponse(
            contact_attempts=[_message(attempt) for attempt in page.attempts],
            next_page_token=page_token(page.next_before),
        )


def _about(
    request: messages.RecordContactAttemptRequest | messages.ListContactAttemptsRequest,
) -> tuple[ReferralId | BeneficiaryId, bool]:
    """The referral or the person, and whether it is a referral."""
    if request.WhichOneof("about") == "referral_id":
        return ReferralId(UUID(request.referral_id)), True
    return BeneficiaryId(UUID(request.beneficiary_id)), False


def _message(attempt: ContactAttempt) -> messages.ContactAttempt:
    by = "HOLDER" if attempt.by_holder else "SENDER"
    return messages.ContactAttempt(
        contact_attempt_id=str(attempt.contact_attempt_id),
        referral_id=str(attempt.referral_id) if attempt.referral_id else None,
        agency_id=str(attempt.agency_id),
        by=messages.ContactAttemptBy.Value(f"CONTACT_ATTEMPT_BY_{by}"),
        channel=beneficiary_pb2.Contact.Kind.Value(f"KIND_{attempt.channel}"),
        by_safe_channel=attempt.by_safe_channel,
        result=messages.ContactResult.Value(f"CONTACT_RESULT_{attempt.result}"),
        happened_time=timestamp(attempt.happened_time),
        recorded_time=timestamp(attempt.recorded_time),
    )
