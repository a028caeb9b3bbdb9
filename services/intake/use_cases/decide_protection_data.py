"""Decides what somebody other than the person gets to see of them, beyond what is sealed as core."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests
from services.intake.adapters.vault import Vault
from services.intake.domain.rights_events import RightsProtectionDecided
from services.intake.domain.rights_request import ProtectionDecision
from services.intake.use_cases.extend_rights_request import open_to_caller


@dataclass(frozen=True, slots=True)
class DecideProtectionData:
    """`allowed_mask` 0 and no history: the rest stays withheld, now for a reason."""

    request_id: UUID
    rights_request_id: UUID
    allowed_mask: int
    with_history: bool
    words: str


async def decide_protection_data(
    command: DecideProtectionData, tx: Transaction, requests: PostgresRightsRequests, vault: Vault
) -> datetime:
    """When it was decided; by a child protection officer or a GBV focal point, whose role the door sees to.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: RIGHTS_REQUEST_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED, and as `RightsRequest.check_protection` says.
    """
    request = await open_to_caller(command.rights_request_id, tx, requests)
    request.check_protection()
    texts = [(request.beneficiary_id, request.rights_request_id, command.words)]
    [sealed] = await vault.seal_texts(tx, texts)
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    now = await tx.now()
    decision = ProtectionDecision(command.allowed_mask, command.with_history, now, sealed)
    await requests.protect(tx, request.rights_request_id, decision)
    tx.publish(
        RightsProtectionDecided(
            request.rights_request_id, request.next_version, request.agency_id, command.request_id
        )
    )
    return now
