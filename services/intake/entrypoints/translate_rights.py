"""Between messages and the domain: what people ask by right."""

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.instants import instant_from, timestamp
from kem.disclosure.v1 import rights_service_pb2 as messages
from kernel import codes
from kernel.errors import Invalid
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_rights_requests import RequestsView
from services.intake.domain.person_export import ExportPlace, IdentityProof, Section
from services.intake.domain.rights_request import (
    Answer,
    AskedBy,
    Extension,
    ExtensionGround,
    NoExportGround,
    RefusalGround,
    Right,
    RightsAnswer,
)
from services.intake.entrypoints.enums import by_number
from services.intake.use_cases.answer_rights_request import AnswerRightsRequest
from services.intake.use_cases.decide_protection_data import DecideProtectionData
from services.intake.use_cases.export_person_data import ExportPersonData
from services.intake.use_cases.extend_rights_request import ExtendRightsRequest
from services.intake.use_cases.list_rights_requests import WordedRequest
from services.intake.use_cases.register_rights_request import RegisterRightsRequest
from services.intake.use_cases.restrict_use import LiftRestriction

VIEWS: Final = {
    messages.RIGHTS_REQUEST_VIEW_UNSPECIFIED: RequestsView.OPEN,
    messages.RIGHTS_REQUEST_VIEW_OVERDUE: RequestsView.OVERDUE,
    messages.RIGHTS_REQUEST_VIEW_ALL: RequestsView.ALL,
}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE: Final = struct.Struct("!BBIQq16s")
"""Section, flags (begun, after a line), records, position, microseconds and id of the line."""

_NO_EXPORT_GROUNDS: Final = by_number(messages.NoExportGround, "NO_EXPORT_GROUND_", NoExportGround)


def registration_from(request: messages.RegisterRightsRequestRequest) -> RegisterRightsRequest:
    """What is asked for.

    Raises:
        Invalid: TIME_OUT_OF_RANGE.
    """
    return RegisterRightsRequest(
        UUID(request.request_id),
        BeneficiaryId(UUID(request.beneficiary_id)),
        Right(messages.Right.Name(request.right).removeprefix("RIGHT_")),
        AskedBy(messages.AskedBy.Name(request.asked_by).removeprefix("ASKED_BY_")),
        request.words,
        instant_from(request.received_time, "received_time"),
    )


def extension_from(request: messages.ExtendRightsRequestRequest) -> ExtendRightsRequest:
    """Why there must be more time.

    Raises:
        Invalid: TIME_OUT_OF_RANGE.
    """
    ground = messages.ExtensionGround.Name(request.ground).removeprefix("EXTENSION_GROUND_")
    told_time = instant_from(request.person_told_time, "person_told_time")
    return ExtendRightsRequest(
        UUID(request.request_id),
        UUID(request.rights_request_id),
        Extension(ExtensionGround(ground), told_time),
        request.words,
    )


def answer_from(request: messages.AnswerRightsRequestRequest, caller_id: UUID) -> AnswerRightsRequest:
    """What was answered; the caller decides on it.

    Raises:
        Invalid: TIME_OUT_OF_RANGE.
    """
    ground = request.refusal_ground
    answer = Answer(
        RightsAnswer(messages.RightsAnswer.Name(request.answer).removeprefix("RIGHTS_ANSWER_")),
        RefusalGround(messages.RefusalGround.Name(ground).removeprefix("REFUSAL_GROUND_"))
        if ground
        else None,
        instant_from(request.person_told_time, "person_told_time"),
        caller_id,
        no_export_ground=_NO_EXPORT_GROUNDS.get(request.no_export_ground),
    )
    return AnswerRightsRequest(
        UUID(request.request_id), UUID(request.rights_request_id), answer, request.words
    )


def lifting_from(request: messages.LiftRestrictionRequest) -> LiftRestriction:
    """Which restriction ends.

    Raises:
        Invalid: TIME_OUT_OF_RANGE.
    """
    return LiftRestriction(
        UUID(request.request_id),
        UUID(request.rights_request_id),
        request.words,
        instant_from(request.person_told_time, "person_told_time"),
    )


def protection_from(request: messages.DecideProtectionDataRequest) -> DecideProtectionData:
    """What somebody other than the person gets to see.

    Raises:
        Invalid: UNKNOWN_CODE.
    """
    return DecideProtectionData(
        UUID(request.request_id),
        UUID(request.rights_request_id),
        codes.mask(request.allowed_categories),
        request.history_allowed,
        request.words,
    )


def export_from(request: messages.ExportPersonDataRequest) -> ExportPersonData:
    """Whose data go to whom."""
    return ExportPersonData(
        UUID(request.request_id),
        UUID(request.rights_request_id),
        IdentityProof(messages.IdentityProof.Name(request.identity_proof).removeprefix("IDENTITY_PROOF_")),
    )


def export_place_from(token: str) -> ExportPlace | None:
    """Where to go on. Raises Invalid, PAGE_TOKEN_INVALID, for a text that no piece ended with."""
    if not token:
        return None
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii"))
        section, flags, records, position, microseconds, line_id = _PLACE.unpack(raw)
        after = (_EPOCH + timedelta(microseconds=microseconds), UUID(bytes=line_id))
        return ExportPlace(
            tuple(Section)[section], bool(flags & 1), after if flags & 2 else None, position, records
        )
    except (ValueError, OverflowError, IndexError, binascii.Error, struct.error):
        raise Invalid("This page token is not one of ours.", reason="PAGE_TOKEN_INVALID") from None


def export_token(place: ExportPlace | None) -> str:
    """Where a piece ended, as text that clients give back unread."""
    if place is None:
        return ""
    time, line_id = place.after or (_EPOCH, UUID(int=0))
    raw = _PLACE.pack(
        tuple(Section).index(place.section),
        place.is_begun | (place.after is not None) << 1,
        place.records,
        place.position,
        (time - _EPOCH) // timedelta(microseconds=1),
        line_id.bytes,
    )
    return base64.urlsafe_b64encode(raw).decode()


def rights_request_message(worded: WordedRequest, now: datetime) -> messages.RightsRequest:
    """A request with its words."""
    request, extension, answer = worded.request, worded.request.extension, worded.request.answer
    message = messages.RightsRequest(
        rights_request_id=str(request.rights_request_id),
        agency_id=str(request.agency_id),
        right=messages.Right.Value(f"RIGHT_{request.right}"),
        asked_by=messages.AskedBy.Value(f"ASKED_BY_{request.asked_by}"),
        words=worded.words,
        received_time=timestamp(request.received_time),
        registered_time=timestamp(request.registered_time),
        due_time=timestamp(request.due_time),
        overdue=request.is_overdue(now),
        extension_words=worded.extension_words,
        answer_words=worded.answer_words,
        protection_words=worded.protection_words,
    )
    if extension is not None:
        message.extension_ground = messages.ExtensionGround.Value(f"EXTENSION_GROUND_{extension.ground}")
        message.extension_told_time.FromDatetime(extension.person_told_time)
    if request.protection is not None:
        message.protection_decided_time.FromDatetime(request.protection.decided_time)
        message.protection_categories.extend(codes.categories_in(request.protection.allowed_mask))
        message.protection_history = request.protection.with_history
    if answer is not None:
        message.answer = messages.RightsAnswer.Value(f"RIGHTS_ANSWER_{answer.answer}")
        message.answer_told_time.FromDatetime(answer.person_told_time)
        message.decided_by_id = str(answer.decided_by_id)
        message.fulfilled_by_id = str(answer.fulfilled_by_id or "")
        if answer.no_export_ground is not None:
            message.no_export_ground = messages.NoExportGround.Value(
                f"NO_EXPORT_GROUND_{answer.no_export_ground}"
            )
        if answer.ground is not None:
            message.refusal_ground = messages.RefusalGround.Value(f"REFUSAL_GROUND_{answer.ground}")
    return message
