"""A data protection officer decides whether an authority is given something, and what."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import random_id
from services.intake.adapters.postgres_authorities import PostgresAuthorities
from services.intake.adapters.postgres_tellings import PostgresTellings
from services.intake.adapters.vault import Vault
from services.intake.domain.authority import CompelledRequest
from services.intake.domain.authority_events import CompelledRequestDecided
from services.intake.domain.telling import RecordedTelling, Telling, unsaid
from services.intake.use_cases.hub_officer import own_agency_or_officer


@dataclass(frozen=True, slots=True)
class DecideCompelledRequest:
    """`allowed_mask` 0: it stays refused, now for a stated ground. Without `telling` nobody is told yet."""

    request_id: UUID
    compelled_request_id: UUID
    allowed_mask: int
    grounds: str
    telling: Telling | None = None
    telling_words: str = ""


async def decide_compelled_request(
    command: DecideCompelledRequest,
    tx: Transaction,
    authorities: PostgresAuthorities,
    tellings: PostgresTellings,
    vault: Vault,
) -> datetime:
    """When it was decided. Only the hub's own data protection officer decides; their role the door sees to.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: COMPELLED_REQUEST_NOT_FOUND: no such request, or the caller acts for an agency.
        RuleBroken: ALREADY_DECIDED, BENEFICIARY_ERASED.
        Invalid: NOT_ASKED_FOR, NOTHING_TO_TELL; and as `Telling.check` says.
    """
    if tx.caller.agency_id is not None:
        raise not_found()
    await own_agency_or_officer(tx)
    request = await authorities.lock(tx, command.compelled_request_id)
    if request is None:
        raise not_found()
    request.check_decision(command.allowed_mask)
    if command.telling is not None and not command.allowed_mask:
        raise Invalid(
            "The authority is given nothing, so there is nothing of which to tell the person.",
            reason="NOTHING_TO_TELL",
        )
    texts = [(request.beneficiary_id, request.compelled_request_id, command.grounds)]
    [sealed] = await vault.seal_texts(tx, texts)
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    now = await tx.now()
    await authorities.decide(tx, request.compelled_request_id, command.allowed_mask, sealed, now)
    telling = command.telling or unsaid(now)
    if command.allowed_mask:
        if command.telling is not None:
            telling.check(now)
        await keep_telling(request, telling, command.telling_words, 1, now, tx, tellings, vault)
    tx.publish(
        CompelledRequestDecided(
            compelled_request_id=request.compelled_request_id,
            agency_id=request.agency_id,
            allowed_mask=command.allowed_mask,
            request_id=command.request_id,
            may_be_told=telling.may_be_told,
        )
    )
    return now


async def keep_telling(
    request: CompelledRequest,
    telling: Telling,
    words: str,
    sequence: int,
    now: datetime,
    tx: Transaction,
    tellings: PostgresTellings,
    vault: Vault,
) -> None:
    """Keeps a decision with its words sealed, where there are some. Raises RuleBroken, BENEFICIARY_ERASED."""
    telling_id, sealed = random_id(), None
    if words:
        [sealed] = await vault.seal_texts(tx, [(request.beneficiary_id, telling_id, words)])
        if sealed is None:
            raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    recorded = RecordedTelling(telling_id, sequence, telling, sealed, now)
    await tellings.add(tx, request.compelled_request_id, recorded)


def not_found() -> NotFound:
    return NotFound("There is no such request that you may see.", reason="COMPELLED_REQUEST_NOT_FOUND")
