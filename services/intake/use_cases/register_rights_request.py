"""Registers that somebody asks for a right, and until when they must be answered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests
from services.intake.adapters.vault import Vault
from services.intake.domain.authority import not_later
from services.intake.domain.response_period import MONTHS_TO_ANSWER, due_time
from services.intake.domain.rights_events import RightsRequestRegistered
from services.intake.domain.rights_request import AskedBy, Right, RightsRequest
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RegisterRightsRequest:
    """What somebody asks for, and their words."""

    request_id: UUID
    beneficiary_id: BeneficiaryId
    right: Right
    asked_by: AskedBy
    words: str
    received_time: datetime


async def register_rights_request(
    command: RegisterRightsRequest,
    tx: Transaction,
    people: PostgresBeneficiaries,
    requests: PostgresRightsRequests,
    vault: Vault,
) -> RightsRequest:
    """The request. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED: nothing is held of them any more, and that is the answer.
        Invalid: HAPPENED_IN_FUTURE.
    """
    agency_id, rights_request_id = own_agency(tx.caller), random_id()
    await people.lock(tx, command.beneficiary_id)
    now = await tx.now()
    received_time = not_later(command.received_time, now)
    [sealed] = await vault.seal_texts(tx, [(command.beneficiary_id, rights_request_id, command.words)])
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    request = RightsRequest(
        rights_request_id=rights_request_id,
        beneficiary_id=command.beneficiary_id,
        agency_id=agency_id,
        right=command.right,
        asked_by=command.asked_by,
        sealed_words=sealed,
        received_time=received_time,
        registered_time=now,
        due_time=due_time(received_time, MONTHS_TO_ANSWER),
    )
    await requests.register(tx, request)
    tx.publish(RightsRequestRegistered(rights_request_id, agency_id, request.due_time, command.request_id))
    return request
