"""The door of disclosure, and of the agreements without which nothing is given."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from chassis.requests import answer_once
from kem.disclosure.v1 import disclosure_service_pb2 as messages
from kem.disclosure.v1 import disclosure_service_pb2_grpc
from kernel.codes import categories_in
from kernel.errors import Invalid
from kernel.ids import AgencyId, ReferralId
from services.intake.entrypoints import translate_beneficiary as person
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.translate_consent import agreement_from, agreement_message
from services.intake.use_cases.get_disclosure import DisclosureParts, GetDisclosure, get_disclosure
from services.intake.use_cases.save_agreements import SaveAgreements, save_agreements

_SERVICE: Final = "/kem.disclosure.v1.DisclosureService"
GET: Final = f"{_SERVICE}/GetDisclosure"
SAVE: Final = f"{_SERVICE}/SaveAgreements"
USUAL_PAGE_SIZE: Final = 50

_Context = grpc.aio.ServicerContext


class DisclosureServer(disclosure_service_pb2_grpc.DisclosureServiceServicer):
    """kem.disclosure.v1.DisclosureService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts
        self._disclosure = DisclosureParts(
            parts.database, parts.held_referrals, parts.disclosures, parts.vault, parts.holding_news
        )

    async def GetDisclosure(
        self,
        request: messages.GetDisclosureRequest,
        context: _Context[messages.GetDisclosureRequest, messages.GetDisclosureResponse],
    ) -> messages.GetDisclosureResponse:
        command = GetDisclosure(UUID(request.request_id), ReferralId(UUID(request.referral_id)))
        given = await get_disclosure(command, current_caller(), GET, self._disclosure)
        return messages.GetDisclosureResponse(
            disclosure_id=str(given.disclosure_id),
            disclosed_time=timestamp(given.disclosed_time),
            purpose=given.purpose,
            asked_categories=categories_in(given.asked_mask),
            given_categories=categories_in(given.given_mask),
            beneficiary=disclosed_message(given.fields),
            permitted_until_time=(
                None if given.permitted_until_time is None else timestamp(given.permitted_until_time)
            ),
        )

    async def SaveAgreements(
        self,
        request: messages.SaveAgreementsRequest,
        context: _Context[messages.SaveAgreementsRequest, messages.SaveAgreementsResponse],
    ) -> messages.SaveAgreementsResponse:
        parts = self._parts
        command = SaveAgreements(
            UUID(request.request_id),
            list(map(agreement_from, request.agreements)),
            {UUID(one.agency_id): one.version for one in request.agreements if one.HasField("version")},
        )

        async def act(tx: Transaction) -> messages.SaveAgreementsResponse:
            saved = await save_agreements(command, tx, parts.agreements)
            return messages.SaveAgreementsResponse(saved=saved)

        return await answer_once(parts.database, SAVE, request, messages.SaveAgreementsResponse, act)

    async def ListAgreements(
        self,
        request: messages.ListAgreementsRequest,
        context: _Context[messages.ListAgreementsRequest, messages.ListAgreementsResponse],
    ) -> messages.ListAgreementsResponse:
        size = request.page_size or USUAL_PAGE_SIZE
        after = _agency_after(request.page_token)
        async with self._parts.database.transaction(current_caller()) as tx:
            found = await self._parts.agreements.page(tx, after, size + 1)
        shown = found[:size]
        return messages.ListAgreementsResponse(
            agreements=map(agreement_message, shown),
            next_page_token=str(shown[-1].agency_id) if len(found) > size else "",
        )


def disclosed_message(fields: Mapping[str, Any]) -> messages.DisclosedBeneficiary:
    """Only the fields that were given; each that is missing stays absent."""
    message = messages.DisclosedBeneficiary(
        interpreter_needed=fields.get("interpreter_needed"),
        interpreter_wishes=fields.get("interpreter_wishes", ""),
        languages=person.language_messages(fields.get("languages", ())),
        contacts=person.contact_messages(fields.get("contacts", ())),
        household=person.household_messages(fields.get("household", ())),
        household_not_known=fields.get("household_not_known", False),
        legal_status=fields.get("legal_status", ""),
        documents=person.document_messages(fields.get("documents", ())),
        specific_needs=fields.get("specific_needs", ()),
        step_free_access_needed=fields.get("step_free_access_needed"),
        case_code=fields.get("case_code", ""),
    )
    if fields.get("names") is not None:
        message.names.CopyFrom(person.names_message(fields["names"]))
    if fields.get("birth") is not None:
        message.birth.CopyFrom(person.birth_message(fields["birth"]))
    if fields.get("sex") is not None:
        message.sex = person.sex_value(fields["sex"])
    if fields.get("guardian") is not None:
        message.guardian.CopyFrom(person.guardian_message(fields["guardian"]))
    for name in ("nationality", "amka"):
        answer = fields.get(name)
        if answer is not None and answer.value is not None:
            setattr(message, name, answer.value)
    return message


def _agency_after(token: str) -> AgencyId | None:
    try:
        return AgencyId(UUID(token)) if token else None
    except ValueError:
        raise Invalid("This page token is not one of ours.", reason="PAGE_TOKEN_INVALID") from None
