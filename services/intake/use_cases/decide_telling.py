"""A data protection officer decides anew whether a person may be told what an authority was given of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import Invalid
from services.intake.adapters.postgres_authorities import PostgresAuthorities
from services.intake.adapters.postgres_tellings import PostgresTellings
from services.intake.adapters.vault import Vault
from services.intake.domain.authority_events import CompelledTellingDecided
from services.intake.domain.telling import Telling
from services.intake.use_cases.decide_compelled_request import keep_telling, not_found
from services.intake.use_cases.hub_officer import own_agency_or_officer


@dataclass(frozen=True, slots=True)
class DecideTelling:
    """Of which request, and why."""

    request_id: UUID
    compelled_request_id: UUID
    telling: Telling
    words: str


async def decide_telling(
    command: DecideTelling,
    tx: Transaction,
    authorities: PostgresAuthorities,
    tellings: PostgresTellings,
    vault: Vault,
) -> datetime:
    """When it was decided; from the commit on exports of the person tell it, or do not.

    Only the hub's own data protection officer decides; their role the door sees to.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: COMPELLED_REQUEST_NOT_FOUND: no such request, or the caller acts for an agency.
        RuleBroken: COMPELLED_REQUEST_REFUSED: nothing was allowed, so there is nothing to tell;
            BENEFICIARY_ERASED.
        Invalid: WORDS_MISSING; and as `Telling.check` says.
    """
    if tx.caller.agency_id is not None:
        raise not_found()
    await own_agency_or_officer(tx)
    request = await authorities.lock(tx, command.compelled_request_id)
    if request is None:
        raise not_found()
    request.check_allowed()
    now = await tx.now()
    command.telling.check(now)
    if not command.words:
        raise Invalid("Say why, in words: it is kept with the decision.", reason="WORDS_MISSING")
    last = await tellings.last(tx, [request.compelled_request_id])
    sequence = last[request.compelled_request_id].sequence + 1 if last else 1
    await keep_telling(request, command.telling, command.words, sequence, now, tx, tellings, vault)
    tx.publish(
        CompelledTellingDecided(
            compelled_request_id=request.compelled_request_id,
            agency_id=request.agency_id,
            sequence=sequence,
            may_be_told=command.telling.may_be_told,
            request_id=command.request_id,
        )
    )
    return now
