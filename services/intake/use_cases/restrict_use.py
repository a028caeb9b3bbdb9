"""Restricts the use of a person's data at their wish (GDPR article 18), and lifts that."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests
from services.intake.adapters.vault import Vault
from services.intake.domain.events import ConsentFreezeLifted, ConsentFrozen
from services.intake.domain.rights_request import RightsRequest
from services.intake.use_cases.extend_rights_request import open_to_caller
from services.intake.use_cases.freeze_consent import sealed_words
from services.intake.use_cases.hub_officer import reach_everything
from services.intake.use_cases.tell_profile import tell_profile


@dataclass(frozen=True, slots=True)
class LiftRestriction:
    """Which request's, why, and when the person was told of it: that must be before."""

    request_id: UUID
    rights_request_id: UUID
    words: str
    person_told_time: datetime


async def restrict_use(
    request: RightsRequest,
    words: str,
    tx: Transaction,
    records: Iterable[BeneficiaryId],
    people: PostgresBeneficiaries,
    freezes: PostgresConsentFreezes,
    vault: Vault,
    request_id: UUID,
) -> UUID:
    """The freeze that is in force from this commit on, on all locked records; one for each request.

    Raises:
        RuleBroken: BENEFICIARY_ERASED.
    """
    person, freeze_id, now = request.beneficiary_id, random_id(), await tx.now()
    sealed = await sealed_words(words, person, freeze_id, tx, vault)
    await freezes.add(tx, freeze_id, person, request.agency_id, sealed, now, request.rights_request_id)
    tx.publish(ConsentFrozen(freeze_id, person, request_id=request_id))
    await tell_profile(tx, people, records, request_id)
    return freeze_id


async def lift_restriction(
    command: LiftRestriction,
    tx: Transaction,
    requests: PostgresRightsRequests,
    people: PostgresBeneficiaries,
    freezes: PostgresConsentFreezes,
    vault: Vault,
) -> datetime:
    """When it ended: what was signed counts again, unless something else freezes it.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: RIGHTS_REQUEST_NOT_FOUND.
        RuleBroken: NOT_RESTRICTED, BENEFICIARY_ERASED.
        Invalid: HAPPENED_IN_FUTURE, TOLD_BEFORE_ASKED.
    """
    request = await open_to_caller(command.rights_request_id, tx, requests)
    now = await tx.now()
    told_time = request.told(command.person_told_time, now)
    await reach_everything(tx)
    person = request.beneficiary_id
    records = [one.beneficiary_id for one in await people.lock_as_one(tx, person)]
    freeze_id = await freezes.restriction_of(tx, request.rights_request_id)
    if freeze_id is None:
        raise RuleBroken(
            "This request restricts nothing: it was not fulfilled as one, or was lifted already.",
            reason="NOT_RESTRICTED",
        )
    sealed = await sealed_words(command.words, person, freeze_id, tx, vault)
    await freezes.lift(tx, freeze_id, sealed, now, told_time)
    tx.publish(ConsentFreezeLifted(freeze_id, person, request_id=command.request_id))
    await tell_profile(tx, people, records, command.request_id)
    return now
