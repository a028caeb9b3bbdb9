"""Puts on record what somebody who asked for a right was answered."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotPermitted
from kernel.vocabulary import Role
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests
from services.intake.domain.rights_events import RightsRequestAnswered
from services.intake.domain.rights_request import Answer
from services.intake.use_cases.extend_rights_request import open_to_caller
from services.intake.use_cases.fulfil_rights_request import FulfilParts, fulfil


@dataclass(frozen=True, slots=True)
class AnswerRightsRequest:
    """What the person was told."""

    request_id: UUID
    rights_request_id: UUID
    answer: Answer
    words: str


async def answer_rights_request(
    command: AnswerRightsRequest, tx: Transaction, requests: PostgresRightsRequests, parts: FulfilParts
) -> datetime:
    """When it was answered. The answer is written once. Repeat-safe only inside `chassis.requests.once`.

    Fulfilled is only what was done: a restriction and an objection take effect with this commit.

    About somebody who was erased since, the answer stays without its words: no key is left to seal them.

    Raises:
        NotFound: RIGHTS_REQUEST_NOT_FOUND.
        NotPermitted: OFFICER_REFUSES: something is refused by somebody else than a data protection officer.
        RuleBroken, Invalid: as `RightsRequest.check_answer` and `fulfil` say.
    """
    request = await open_to_caller(command.rights_request_id, tx, requests)
    if command.answer.answer.refuses and Role.DPO not in tx.caller.roles:
        raise NotPermitted(
            "Only a data protection officer refuses what somebody asks by right.", reason="OFFICER_REFUSES"
        )
    now = await tx.now()
    told_time = request.check_answer(command.answer, now)
    texts = [(request.beneficiary_id, request.rights_request_id, command.words)]
    fulfilled_by_id = None
    if command.answer.is_fulfilled:
        fulfilled_by_id = await fulfil(request, command.answer, command.words, tx, parts, command.request_id)
    [sealed] = await parts.vault.seal_texts(tx, texts)
    answer = replace(
        command.answer, person_told_time=told_time, sealed_words=sealed, fulfilled_by_id=fulfilled_by_id
    )
    await requests.answer(tx, request.rights_request_id, answer, now)
    tx.publish(
        RightsRequestAnswered(
            request.rights_request_id, request.next_version, request.agency_id, command.request_id
        )
    )
    return now
