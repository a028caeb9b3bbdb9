"""The door at which staff see what somebody has consented to."""

from datetime import datetime
from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from kem.intake.v1 import consent_pb2 as proto
from kem.intake.v1 import intake_service_pb2 as messages
from kernel.codes import categories_in
from kernel.ids import BeneficiaryId
from services.intake.domain.cells import Grant
from services.intake.domain.given_consent import (
    ConsentState,
    GivenAnswer,
    GivenConsent,
    GivenGrant,
    state_of,
    state_of_grant,
)
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.refusals import refusals_on_record
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.list_consents import list_consents

LIST: Final = "/kem.intake.v1.IntakeService/ListConsents"

_Context = grpc.aio.ServicerContext


class GivenConsentsServer:
    """The part of kem.intake.v1.IntakeService that shows consents."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts

    async def ListConsents(
        self,
        request: messages.ListConsentsRequest,
        context: _Context[messages.ListConsentsRequest, messages.ListConsentsResponse],
    ) -> messages.ListConsentsResponse:
        parts, caller = self._parts, current_caller()
        beneficiary_id = BeneficiaryId(UUID(request.beneficiary_id))
        before = place_from(request.page_token)
        async with (
            refusals_on_record(parts.database, caller, LIST, [beneficiary_id]),
            parts.database.transaction(caller) as tx,
        ):
            page = await list_consents(
                beneficiary_id, request.page_size, before, LIST, tx, parts.people, parts.freezes
            )
        return messages.ListConsentsResponse(
            consents=[_consent_message(one, page.now, page.is_frozen) for one in page.consents],
            next_page_token=page_token(page.next_before),
            answers=[_answer_message(one) for one in page.answers],
        )


def _consent_message(one: GivenConsent, now: datetime, is_frozen: bool) -> proto.ListedConsent:
    return proto.ListedConsent(
        consent_id=str(one.consent_id),
        beneficiary_id=str(one.beneficiary_id),
        given_by=proto.ConsentGiver.Value(f"CONSENT_GIVER_{one.given_by}"),
        method=proto.ConsentMethod.Value(f"CONSENT_METHOD_{one.method}"),
        notice_version=one.notice_version,
        notice_language=one.notice_language,
        spoken_language=one.spoken_language,
        happened_time=timestamp(one.happened_time),
        recorded_time=timestamp(one.recorded_time),
        valid_from_time=timestamp(one.valid_from_time),
        valid_until_time=timestamp(one.valid_until_time),
        state=_state(state_of(one, now, is_frozen=is_frozen)),
        grants=[
            _line_message(line, state_of_grant(one, line, now, is_frozen=is_frozen)) for line in one.grants
        ],
        renews_consent_id=str(one.renews_consent_id or ""),
    )


def _answer_message(one: GivenAnswer) -> proto.ListedConsentAnswer:
    return proto.ListedConsentAnswer(
        answer=proto.ConsentAnswer.Value(f"CONSENT_ANSWER_{one.answer}"),
        agency_id=None if one.agency_id is None else str(one.agency_id),
        happened_time=timestamp(one.happened_time),
        recorded_time=timestamp(one.recorded_time),
    )


def _line_message(line: GivenGrant, state: ConsentState) -> proto.ListedGrant:
    return proto.ListedGrant(
        grant=_grant_message(line.grant),
        state=_state(state),
        withdrawn_time=timestamp(line.closed_time) if line.closed_time else None,
    )


def _grant_message(grant: Grant) -> proto.Grant:
    return proto.Grant(
        agency_id=str(grant.agency_id),
        purpose=grant.purpose,
        categories=categories_in(grant.categories),
        legal_basis=proto.LegalBasis.Value(f"LEGAL_BASIS_{grant.legal_basis}"),
        effect=proto.GrantEffect.Value(f"GRANT_EFFECT_{grant.effect}"),
        is_safety_critical=grant.is_safety_critical,
    )


def _state(state: ConsentState) -> proto.ConsentState.ValueType:
    return proto.ConsentState.Value(f"CONSENT_STATE_{state}")
