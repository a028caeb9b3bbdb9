"""Registers that an authority asks for somebody's data: refused by that, unless it is decided otherwise."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from services.intake.adapters.postgres_authorities import PostgresAuthorities
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.vault import Vault
from services.intake.domain.authority import CompelledRequest, not_later
from services.intake.domain.authority_events import CompelledRequestRegistered
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RegisterCompelledRequest:
    """What the authority asks for, and its letter in words; agency, seal and time are filled in here."""

    request_id: UUID
    request: CompelledRequest
    words: str


async def register_compelled_request(
    command: RegisterCompelledRequest,
    tx: Transaction,
    people: PostgresBeneficiaries,
    authorities: PostgresAuthorities,
    vault: Vault,
) -> datetime:
    """When it was registered. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED: there is nothing any more that could be given.
        Invalid: HAPPENED_IN_FUTURE.
    """
    request, agency_id = command.request, own_agency(tx.caller)
    await people.lock(tx, request.beneficiary_id)
    now = await tx.now()
    texts = [(request.beneficiary_id, request.compelled_request_id, command.words)]
    [sealed] = await vault.seal_texts(tx, texts)
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    registered = replace(
        request,
        agency_id=agency_id,
        sealed_words=sealed,
        received_time=not_later(request.received_time, now),
        registered_time=now,
    )
    await authorities.register(tx, registered)
    tx.publish(
        CompelledRequestRegistered(
            compelled_request_id=registered.compelled_request_id,
            agency_id=agency_id,
            asked_mask=registered.asked_mask,
            request_id=command.request_id,
        )
    )
    return now
