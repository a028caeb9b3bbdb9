"""Takes two months more to answer a request; the person was told why."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests
from services.intake.adapters.vault import Vault
from services.intake.domain.response_period import MONTHS_WHEN_EXTENDED, due_time
from services.intake.domain.rights_events import RightsRequestExtended
from services.intake.domain.rights_request import Extension, RightsRequest
from services.intake.use_cases.hub_officer import own_agency_or_officer


@dataclass(frozen=True, slots=True)
class ExtendRightsRequest:
    """Why, and what the person was told."""

    request_id: UUID
    rights_request_id: UUID
    extension: Extension
    words: str


async def extend_rights_request(
    command: ExtendRightsRequest, tx: Transaction, requests: PostgresRightsRequests, vault: Vault
) -> datetime:
    """Until when it must be answered now. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: RIGHTS_REQUEST_NOT_FOUND.
        RuleBroken, Invalid: as `RightsRequest.check_extension` says.
    """
    request = await open_to_caller(command.rights_request_id, tx, requests)
    now = await tx.now()
    told_time = request.check_extension(command.extension.person_told_time, now)
    texts = [(request.beneficiary_id, request.rights_request_id, command.words)]
    [sealed] = await vault.seal_texts(tx, texts)
    extension = replace(command.extension, person_told_time=told_time, sealed_words=sealed)
    later = due_time(request.received_time, MONTHS_WHEN_EXTENDED)
    await requests.extend(tx, request.rights_request_id, extension, later)
    tx.publish(
        RightsRequestExtended(
            request.rights_request_id, request.next_version, request.agency_id, later, command.request_id
        )
    )
    return later


async def open_to_caller(
    rights_request_id: UUID, tx: Transaction, requests: PostgresRightsRequests
) -> RightsRequest:
    """The request, locked: one of the caller's agency, or any to an officer of the hub.

    Raises:
        NotFound: RIGHTS_REQUEST_NOT_FOUND.
    """
    await own_agency_or_officer(tx)
    request = await requests.lock(tx, rights_request_id)
    if request is None:
        raise NotFound("There is no such request that you may see.", reason="RIGHTS_REQUEST_NOT_FOUND")
    return request
