"""Between messages and the domain: authorities."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.instants import instant_from, optional_instant_from, timestamp
from kem.disclosure.v1 import authority_service_pb2 as messages
from kernel import codes
from kernel.ids import AgencyId, BeneficiaryId, random_id
from services.intake.domain.authority import (
    Authority,
    CompelledRequest,
    Notification,
    NotToldReason,
    RecordedNotification,
)
from services.intake.domain.telling import Telling
from services.intake.use_cases.list_authorities import ListedRequest

_NOBODY: Final = AgencyId(UUID(int=0))


def notification_from(request: messages.RecordAuthorityNotificationRequest, caller_id: UUID) -> Notification:
    """What is reported; the caller decided where nobody else is named.

    Raises:
        Invalid: UNKNOWN_CODE, TIME_OUT_OF_RANGE.
    """
    reason = request.not_told_reason
    return Notification(
        beneficiary_id=BeneficiaryId(UUID(request.beneficiary_id)),
        authority=_authority_from(request.authority),
        legal_reference=request.legal_reference,
        protocol_number=request.protocol_number,
        told_mask=codes.mask(request.told_categories),
        decided_by_id=UUID(request.decided_by_id) if request.decided_by_id else caller_id,
        person_told_time=optional_instant_from(request, "person_told_time"),
        not_told_reason=NotToldReason(_short(messages.NotToldReason.Name(reason), "NOT_TOLD_REASON_"))
        if reason
        else None,
        happened_time=instant_from(request.happened_time, "happened_time"),
    )


def notification_message(recorded: RecordedNotification, words: str) -> messages.AuthorityNotification:
    """A notification with its words."""
    told = recorded.notification
    message = messages.AuthorityNotification(
        authority_notification_id=str(recorded.authority_notification_id),
        agency_id=str(recorded.agency_id),
        authority=_authority_value(told.authority),
        legal_reference=told.legal_reference,
        protocol_number=told.protocol_number,
        told_categories=codes.categories_in(told.told_mask),
        words=words,
        decided_by_id=str(told.decided_by_id),
        happened_time=timestamp(told.happened_time),
        recorded_time=timestamp(recorded.recorded_time),
    )
    if told.person_told_time is not None:
        message.person_told_time.FromDatetime(told.person_told_time)
    if told.not_told_reason is not None:
        message.not_told_reason = messages.NotToldReason.Value(f"NOT_TOLD_REASON_{told.not_told_reason}")
    return message


def compelled_request_from(request: messages.RegisterCompelledRequestRequest) -> CompelledRequest:
    """What an authority asks for, with an id of its own; agency, seal and time are the use case's.

    Raises:
        Invalid: UNKNOWN_CODE, TIME_OUT_OF_RANGE.
    """
    received_time = instant_from(request.received_time, "received_time")
    return CompelledRequest(
        compelled_request_id=random_id(),
        beneficiary_id=BeneficiaryId(UUID(request.beneficiary_id)),
        agency_id=_NOBODY,
        authority=_authority_from(request.authority),
        legal_reference=request.legal_reference,
        protocol_number=request.protocol_number,
        asked_mask=codes.mask(request.asked_categories),
        sealed_words=b"",
        received_time=received_time,
        registered_time=received_time,
    )


def telling_from(message: messages.Telling) -> Telling:
    """What was decided. Raises Invalid, TIME_OUT_OF_RANGE."""
    reason = message.not_told_reason
    return Telling(
        message.may_be_told,
        NotToldReason(_short(messages.NotToldReason.Name(reason), "NOT_TOLD_REASON_")) if reason else None,
        optional_instant_from(message, "review_time"),
    )


def compelled_request_message(listed: ListedRequest, now: datetime) -> messages.CompelledRequest:
    """A request with its words, and whether the person may be told."""
    request, recorded = listed.request, listed.telling
    message = messages.CompelledRequest(
        compelled_request_id=str(request.compelled_request_id),
        agency_id=str(request.agency_id),
        authority=_authority_value(request.authority),
        legal_reference=request.legal_reference,
        protocol_number=request.protocol_number,
        asked_categories=codes.categories_in(request.asked_mask),
        allowed_categories=codes.categories_in(request.allowed_mask),
        words=listed.words,
        received_time=timestamp(request.received_time),
    )
    if request.decided_time is not None:
        message.decided_time.FromDatetime(request.decided_time)
    if recorded is not None:
        reason = recorded.telling.not_told_reason
        message.telling.may_be_told = recorded.telling.may_be_told
        message.telling.words = listed.telling_words
        if reason is not None:
            message.telling.not_told_reason = messages.NotToldReason.Value(f"NOT_TOLD_REASON_{reason}")
        if recorded.telling.review_time is not None:
            message.telling.review_time.FromDatetime(recorded.telling.review_time)
        message.telling_decided_time.FromDatetime(recorded.decided_time)
        message.telling_overdue = recorded.is_overdue(now)
    return message


def _authority_from(value: "messages.Authority.ValueType") -> Authority:
    return Authority(_short(messages.Authority.Name(value), "AUTHORITY_"))


def _authority_value(authority: Authority) -> "messages.Authority.ValueType":
    return messages.Authority.Value(f"AUTHORITY_{authority}")


def _short(name: str, prefix: str) -> str:
    return name.removeprefix(prefix)
