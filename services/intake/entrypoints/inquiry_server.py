"""The door for what auditors ask of people and of consents."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import optional_instant_from, timestamp
from kem.disclosure.v1 import inquiry_service_pb2 as messages
from kem.disclosure.v1 import inquiry_service_pb2_grpc
from kem.intake.v1 import consent_pb2
from kernel import codes
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_inquiries import PostgresInquiries
from services.intake.domain.inquiry import ConsentText, ConsentView, InspectedConsent, PersonDisclosure
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.enums import by_number
from services.intake.entrypoints.refusals import refusals_on_record
from services.intake.entrypoints.translate_authority import notification_message
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.answer_inquiry import list_consents, list_disclosures

_SERVICE: Final = "/kem.disclosure.v1.InquiryService"
DISCLOSURES: Final = f"{_SERVICE}/ListDisclosures"
CONSENTS: Final = f"{_SERVICE}/ListConsents"
_VIEWS: Final = by_number(messages.ConsentView, "CONSENT_VIEW_", ConsentView)

_Context = grpc.aio.ServicerContext


class InquiryServer(inquiry_service_pb2_grpc.InquiryServiceServicer):
    """kem.disclosure.v1.InquiryService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts, self._inquiries = parts, PostgresInquiries()

    async def ListDisclosures(
        self,
        request: messages.ListDisclosuresRequest,
        context: _Context[messages.ListDisclosuresRequest, messages.ListDisclosuresResponse],
    ) -> messages.ListDisclosuresResponse:
        caller, database = current_caller(), self._parts.database
        beneficiary_id = BeneficiaryId(UUID(request.beneficiary_id))
        after = place_from(request.page_token)
        async with (
            refusals_on_record(database, caller, DISCLOSURES, [beneficiary_id]),
            database.transaction(caller) as tx,
        ):
            shown, following = await list_disclosures(
                beneficiary_id, request.category, request.page_size, after, DISCLOSURES, tx, self._inquiries
            )
        return messages.ListDisclosuresResponse(
            disclosures=map(_disclosure_message, shown), next_page_token=page_token(following)
        )

    async def ListConsents(
        self,
        request: messages.ListConsentsRequest,
        context: _Context[messages.ListConsentsRequest, messages.ListConsentsResponse],
    ) -> messages.ListConsentsResponse:
        parts, view = self._parts, _VIEWS[request.view]
        period = (optional_instant_from(request, "from_time"), optional_instant_from(request, "until_time"))
        after = place_from(request.page_token)
        async with parts.database.transaction(current_caller()) as tx:
            shown, following = await list_consents(
                view, period, request.page_size, after, CONSENTS, tx, self._inquiries, parts.vault
            )
        message = _child_message if view is ConsentView.CHILDREN else _interpreted_message
        return messages.ListConsentsResponse(
            consents=map(message, shown), next_page_token=page_token(following)
        )


def _disclosure_message(one: PersonDisclosure) -> messages.PersonDisclosure:
    return messages.PersonDisclosure(
        disclosure_id=str(one.disclosure_id),
        kind=messages.DisclosureKind.Value(f"DISCLOSURE_KIND_{one.kind}"),
        disclosed_time=timestamp(one.disclosed_time),
        agency_id=_text_of(one.agency_id),
        told_by_agency_id=_text_of(one.told_by_agency_id),
        principal_id=str(one.principal_id),
        acting_person=one.acting_person,
        referral_id=_text_of(one.referral_id),
        purpose=one.purpose,
        legal_bases=one.legal_bases,
        texts=map(_text_message, one.texts),
    )


def _text_message(one: ConsentText) -> messages.ConsentText:
    return messages.ConsentText(
        consent_id=one.consent_id,
        notice_version=one.notice_version,
        notice_language=one.notice_language,
        notice_sha256=one.notice_sha256,
        spoken_language=one.spoken_language,
        given_time=timestamp(one.given_time),
    )


def _child_message(one: InspectedConsent) -> messages.InspectedConsent:
    message, said = _inspected_message(one), one.consent
    message.child.CopyFrom(
        messages.ChildsConsent(
            given_by=consent_pb2.ConsentGiver.Value(f"CONSENT_GIVER_{said.given_by}"),
            authority_reference=one.reference,
            authority_expires_date=said.authority_expires_date.isoformat()
            if said.authority_expires_date
            else "",
            evidence_sha256=said.evidence_sha256.hex() if said.evidence_sha256 else "",
            lacks_authority=said.lacks_authority,
            age_band=said.age_band,
            assents=said.child_assents,
            notifications=[notification_message(told, "") for told in one.notifications],
        )
    )
    return message


def _interpreted_message(one: InspectedConsent) -> messages.InspectedConsent:
    message, mode = _inspected_message(one), one.consent.interpreter_mode
    message.interpreter.CopyFrom(
        messages.HeardByInterpreter(
            reference=one.reference,
            mode=consent_pb2.InterpreterMode.Value(f"INTERPRETER_MODE_{mode or 'UNSPECIFIED'}"),
            confidentiality_signed=one.consent.interpreter_has_signed,
        )
    )
    return message


def _inspected_message(one: InspectedConsent) -> messages.InspectedConsent:
    said = one.consent
    return messages.InspectedConsent(
        consent_id=str(said.consent_id),
        beneficiary_id=str(said.beneficiary_id),
        obtained_by_agency_id=str(said.obtained_by_agency_id),
        obtained_by_id=str(said.obtained_by_id),
        given_time=timestamp(said.given_time),
        recorded_time=timestamp(said.recorded_time),
        notice_version=said.notice_version,
        spoken_language=said.spoken_language,
        categories=codes.categories_in(said.categories),
        sealed_is_gone=one.sealed_is_gone,
    )


def _text_of(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
