"""The door for people: register, get, search, update."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.postgres import Transaction
from kem.intake.v1 import intake_service_pb2 as messages
from kernel.ids import BeneficiaryId
from services.intake.adapters.listed_people import ListedPeople
from services.intake.domain.identifiers import IdentifierField
from services.intake.domain.name_index import NameQuery
from services.intake.entrypoints.parts import VaultParts
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_beneficiary import (
    ORIGINS,
    beneficiary_from,
    beneficiary_message,
    listed_message,
    masked_message,
)
from services.intake.use_cases.batch_get_beneficiaries import batch_get_beneficiaries
from services.intake.use_cases.duplicate_person import DuplicatePerson
from services.intake.use_cases.get_beneficiary import get_beneficiary
from services.intake.use_cases.ration_search import check_searches_left, count_duplicate
from services.intake.use_cases.register_beneficiary import RegisterBeneficiary, register_beneficiary
from services.intake.use_cases.search_beneficiaries import (
    IdentifierText,
    SearchBeneficiaries,
    search_beneficiaries,
)
from services.intake.use_cases.update_beneficiary import UpdateBeneficiary, update_beneficiary

_SERVICE: Final = "/kem.intake.v1.IntakeService"
REGISTER: Final = f"{_SERVICE}/RegisterBeneficiary"
GET: Final = f"{_SERVICE}/GetBeneficiary"
BATCH_GET: Final = f"{_SERVICE}/BatchGetBeneficiaries"
SEARCH: Final = f"{_SERVICE}/SearchBeneficiaries"
UPDATE: Final = f"{_SERVICE}/UpdateBeneficiary"

_FIELDS: Final = {
    "case_code": IdentifierField.CASE_CODE,
    "phone": IdentifierField.PHONE,
    "document_number": IdentifierField.DOCUMENT,
    "amka": IdentifierField.AMKA,
}
_Context = grpc.aio.ServicerContext


class BeneficiaryServer:
    """The part of kem.intake.v1.IntakeService that is about people."""

    def __init__(self, parts: VaultParts) -> None:
        self._parts, self._listed = parts, ListedPeople(parts.vault)

    async def RegisterBeneficiary(
        self,
        request: messages.RegisterBeneficiaryRequest,
        context: _Context[messages.RegisterBeneficiaryRequest, messages.RegisterBeneficiaryResponse],
    ) -> messages.RegisterBeneficiaryResponse:
        parts, request_id = self._parts, UUID(request.request_id)
        command = RegisterBeneficiary(
            request_id, beneficiary_from(request.beneficiary), ORIGINS[request.origin]
        )

        async def act(tx: Transaction) -> messages.RegisterBeneficiaryResponse:
            await check_searches_left(tx, parts.search_tally)
            beneficiary_id = await register_beneficiary(command, tx, parts.vault, parts.people, parts.search)
            return messages.RegisterBeneficiaryResponse(beneficiary_id=str(beneficiary_id))

        async with self._duplicates_counted():
            return await answer_on_record(
                parts.database, REGISTER, request, messages.RegisterBeneficiaryResponse, act
            )

    async def GetBeneficiary(
        self,
        request: messages.GetBeneficiaryRequest,
        context: _Context[messages.GetBeneficiaryRequest, messages.GetBeneficiaryResponse],
    ) -> messages.GetBeneficiaryResponse:
        parts, caller = self._parts, current_caller()
        beneficiary_id = BeneficiaryId(UUID(request.beneficiary_id))
        async with (
            refusals_on_record(parts.database, caller, GET, [beneficiary_id]),
            parts.database.transaction(caller) as tx,
        ):
            shown = await get_beneficiary(beneficiary_id, GET, tx, parts.people)
        return messages.GetBeneficiaryResponse(
            beneficiary=beneficiary_message(shown.beneficiary),
            case_code=shown.case_code,
            version=shown.version,
            registered_by_agency_id=str(shown.registered_by_agency_id),
            origin=next(number for number, origin in ORIGINS.items() if origin is shown.origin),
            other_beneficiary_ids=[str(one.beneficiary_id) for one in shown.others],
            kept_beneficiary_id=next((str(one.beneficiary_id) for one in shown.others if one.is_kept), ""),
            caseworker_id=str(shown.workers.caseworker_id) if shown.workers else "",
            deputy_id=str(shown.workers.deputy_id or "") if shown.workers else "",
        )

    async def BatchGetBeneficiaries(
        self,
        request: messages.BatchGetBeneficiariesRequest,
        context: _Context[messages.BatchGetBeneficiariesRequest, messages.BatchGetBeneficiariesResponse],
    ) -> messages.BatchGetBeneficiariesResponse:
        asked = [BeneficiaryId(UUID(one)) for one in request.beneficiary_ids]
        async with self._parts.database.transaction(current_caller()) as tx:
            listed = await batch_get_beneficiaries(asked, BATCH_GET, tx, self._listed)
        return messages.BatchGetBeneficiariesResponse(
            beneficiaries=[listed_message(person) for person in listed]
        )

    async def SearchBeneficiaries(
        self,
        request: messages.SearchBeneficiariesRequest,
        context: _Context[messages.SearchBeneficiariesRequest, messages.SearchBeneficiariesResponse],
    ) -> messages.SearchBeneficiariesResponse:
        parts, caller = self._parts, current_caller()
        command = SearchBeneficiaries(_wanted(request), request.reason)
        async with (
            refusals_on_record(parts.database, caller, SEARCH),
            parts.database.transaction(caller) as tx,
        ):
            found = await search_beneficiaries(command, SEARCH, tx, parts.people_search, parts.search_tally)
        return messages.SearchBeneficiariesResponse(
            beneficiaries=[masked_message(person) for person in found]
        )

    async def UpdateBeneficiary(
        self,
        request: messages.UpdateBeneficiaryRequest,
        context: _Context[messages.UpdateBeneficiaryRequest, messages.UpdateBeneficiaryResponse],
    ) -> messages.UpdateBeneficiaryResponse:
        parts, request_id = self._parts, UUID(request.request_id)
        command = UpdateBeneficiary(
            request_id,
            BeneficiaryId(UUID(request.beneficiary_id)),
            request.expected_version,
            beneficiary_from(request.beneficiary),
            are_reasons_told=request.absences_told or bool(request.beneficiary.absences),
        )

        async def act(tx: Transaction) -> messages.UpdateBeneficiaryResponse:
            await check_searches_left(tx, parts.search_tally)
            version = await update_beneficiary(
                command,
                UPDATE,
                tx,
                parts.vault,
                parts.people,
                parts.search,
                parts.corrections,
                parts.recalls,
                parts.freezes,
            )
            return messages.UpdateBeneficiaryResponse(version=version)

        async with self._duplicates_counted():
            return await answer_on_record(
                parts.database,
                UPDATE,
                request,
                messages.UpdateBeneficiaryResponse,
                act,
                [command.beneficiary_id],
            )

    @asynccontextmanager
    async def _duplicates_counted(self) -> AsyncIterator[None]:
        """Around a whole transaction, which the refusal rolls back: what it tells counts as a search does."""
        try:
            yield
        except DuplicatePerson as refusal:
            async with self._parts.database.transaction(current_caller()) as tx:
                await count_duplicate(tx, self._parts.search_tally, refusal.candidate_id)
            raise


def _wanted(request: messages.SearchBeneficiariesRequest) -> IdentifierText | NameQuery:
    name = str(request.WhichOneof("identifier"))
    if name == "description":
        described = request.description
        return NameQuery(described.name, described.birth_year, described.nationality)
    return IdentifierText(_FIELDS[name], getattr(request, name))
