"""The door for what agencies were given of somebody whom a desk follows."""

from datetime import datetime
from typing import Final
from uuid import UUID

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.current import current_caller
from chassis.instants import timestamp
from kem.disclosure.v1 import case_disclosure_service_pb2 as messages
from kem.disclosure.v1 import (
    case_disclosure_service_pb2_grpc,
    emergency_service_pb2,
    inquiry_service_pb2,
    recall_service_pb2,
)
from kernel.codes import categories_in
from kernel.errors import Invalid
from kernel.ids import BeneficiaryId, DisclosureId, ReferralId
from services.intake.domain.case_disclosure import CaseDisclosure, CasePlace, CaseRecall
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.refusals import refusals_on_record
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.list_case_disclosures import list_case_disclosures

_BETWEEN: Final = "."
LIST: Final = "/kem.disclosure.v1.CaseDisclosureService/ListCaseDisclosures"

_Context = grpc.aio.ServicerContext


class CaseDisclosureServer(case_disclosure_service_pb2_grpc.CaseDisclosureServiceServicer):
    """kem.disclosure.v1.CaseDisclosureService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts

    async def ListCaseDisclosures(
        self,
        request: messages.ListCaseDisclosuresRequest,
        context: _Context[messages.ListCaseDisclosuresRequest, messages.ListCaseDisclosuresResponse],
    ) -> messages.ListCaseDisclosuresResponse:
        parts, caller = self._parts, current_caller()
        before = _place_from(request.page_token)
        person = BeneficiaryId(UUID(request.beneficiary_id))
        only = ReferralId(UUID(request.referral_id)) if request.HasField("referral_id") else None
        async with (
            refusals_on_record(parts.database, caller, LIST, [person]),
            parts.database.transaction(caller) as tx,
        ):
            page = await list_case_disclosures(
                person, only, request.page_size, before, LIST, tx, parts.people
            )
        return messages.ListCaseDisclosuresResponse(
            disclosures=map(_disclosure_message, page.disclosures),
            next_page_token=_token(page.next_before),
            also_asked_back=map(_disclosure_message, page.also_asked_back),
        )


def _disclosure_message(one: CaseDisclosure) -> messages.CaseDisclosure:
    return messages.CaseDisclosure(
        disclosure_id=str(one.disclosure_id),
        referral_id=str(one.referral_id),
        agency_id=str(one.agency_id),
        kind=inquiry_service_pb2.DisclosureKind.Value(f"DISCLOSURE_KIND_{one.kind}"),
        categories=categories_in(one.given_mask),
        refusal_reason=one.refusal or "",
        first_time=timestamp(one.first_time),
        last_time=timestamp(one.last_time),
        times=one.times,
        legal_bases=one.legal_bases,
        answer=emergency_service_pb2.HandoverAnswer.Value(f"HANDOVER_ANSWER_{one.answer or 'UNSPECIFIED'}"),
        permitted_until_time=_when(one.permitted_until_time),
        recalls=map(_recall_message, one.recalls),
    )


def _recall_message(one: CaseRecall) -> messages.CaseRecall:
    return messages.CaseRecall(
        recall_id=str(one.recall_id),
        cause=recall_service_pb2.RecallCause.Value(f"RECALL_CAUSE_{one.cause}"),
        categories=categories_in(one.mask),
        opened_time=timestamp(one.opened_time),
        due_time=timestamp(one.due_time),
        acknowledged_time=_when(one.acknowledged_time),
        destroyed_categories=categories_in(one.destroyed_mask),
        kept_categories=categories_in(one.kept_mask),
    )


def _token(place: CasePlace | None) -> str:
    """As pages of needs end, with when the first page was read before it."""
    if place is None:
        return ""
    return _BETWEEN.join(page_token((time, place.disclosure_id)) for time in place[:2])


def _place_from(token: str) -> CasePlace | None:
    """Raises Invalid, PAGE_TOKEN_INVALID, for a text that no page ended with."""
    as_of, _, last = token.partition(_BETWEEN)
    started, place = place_from(as_of), place_from(last)
    if started is None and place is None:
        return None
    if started is None or place is None:
        raise Invalid("This page token is not one of ours.", reason="PAGE_TOKEN_INVALID")
    return CasePlace(started[0], place[0], DisclosureId(place[1]))


def _when(instant: datetime | None) -> Timestamp | None:
    return None if instant is None else timestamp(instant)
