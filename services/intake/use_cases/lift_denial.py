"""A child protection officer lifts a denial that harms a child, and says why."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import mask
from kernel.errors import NotFound, RuleBroken
from kernel.ids import BeneficiaryId, ConsentId, ordered_id
from services.intake.adapters.grant_cells import lock_cells
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.vault import Vault
from services.intake.domain.age_rules import FULL_AGE_YEARS
from services.intake.domain.athens_day import athens_day
from services.intake.domain.cells import DenialLifted, is_closed_by
from services.intake.domain.child_consent import youngest
from services.intake.domain.consent import DENIAL_LIFTED, ConsentGiver
from services.intake.domain.events import ConsentStateRecorded
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.settle_recalls import settle_permitted_again
from services.intake.use_cases.tell_profile import tell_profile


@dataclass(frozen=True, slots=True)
class LiftDenial:
    """Which record's denials, of which child, and why, in words that are kept sealed."""

    request_id: UUID
    beneficiary_id: BeneficiaryId
    consent_id: ConsentId
    words: str


async def lift_denial(
    command: LiftDenial,
    tx: Transaction,
    people: PostgresBeneficiaries,
    consents: PostgresConsents,
    vault: Vault,
    recalls: PostgresRecalls,
) -> datetime:
    """When it took effect: from then on the record denies nothing, in an emergency neither. It permits
    nothing: that takes a consent.

    What somebody else has denied for a child only: the child's own word stays. Whoever is of age by all that
    their records know is no child. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency;
            CONSENT_NOT_FOUND: they have given no such consent.
        RuleBroken: NOT_A_CHILD, OWN_DENIAL, NOTHING_DENIED, BENEFICIARY_ERASED.
    """
    agency_id = own_agency(tx.caller)
    records = [one.beneficiary_id for one in await people.lock_as_one(tx, command.beneficiary_id)]
    person, now = command.beneficiary_id, await tx.now()
    giver = await consents.giver_of(tx, person, command.consent_id)
    if giver is None:
        raise NotFound("This person has given no such consent.", reason="CONSENT_NOT_FOUND")
    known = await vault.read_people(tx, records, mask(["BIRTH_AND_SEX"]))
    births = [fields["birth"] for fields in known.values() if fields]
    age = youngest(births, athens_day(now)).age_on(athens_day(now)) if births else None
    if age is not None and age >= FULL_AGE_YEARS:
        raise RuleBroken("This person is of age: what they deny is theirs.", reason="NOT_A_CHILD")
    if giver is ConsentGiver.SELF:
        raise RuleBroken(
            "The child has denied this themselves; only what others deny for a child is lifted.",
            reason="OWN_DENIAL",
        )
    lifted = DenialLifted(
        ordered_id(), await consents.next_sequence(tx, person), person, command.consent_id, now
    )
    closing = [cell for cell in await lock_cells(tx, person) if is_closed_by(cell, lifted)]
    if not closing:
        raise RuleBroken("This consent denies nothing any more.", reason="NOTHING_DENIED")
    [sealed] = await vault.seal_texts(tx, [(person, lifted.consent_event_id, command.words)])
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    await consents.lift(tx, lifted, closing, agency_id, sealed)
    tx.publish(
        ConsentStateRecorded(
            person,
            lifted.sequence,
            DENIAL_LIFTED,
            consent_id=command.consent_id,
            request_id=command.request_id,
        )
    )
    await settle_permitted_again(tx, recalls, records, now, command.request_id)
    await tell_profile(tx, people, records, command.request_id)
    return now
