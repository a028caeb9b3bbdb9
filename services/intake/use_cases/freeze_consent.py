"""While whoever decides for a person is doubted, nothing is given on consent; and its end."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.vault import Vault
from services.intake.domain.events import ConsentFreezeLifted, ConsentFrozen
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.tell_profile import tell_profile


@dataclass(frozen=True, slots=True)
class ChangeFreeze:
    """Whose consent, and why, in words that are kept sealed."""

    request_id: UUID
    beneficiary_id: BeneficiaryId
    words: str


async def freeze_consent(
    command: ChangeFreeze,
    tx: Transaction,
    people: PostgresBeneficiaries,
    freezes: PostgresConsentFreezes,
    vault: Vault,
) -> datetime:
    """When it took effect: from then on nothing is given on consent, and open offers are taken back; of the
    person's other records too, where records were merged.

    Disclosures under way are waited for. Denials stay in force, and so does what rests on another basis.
    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        RuleBroken: CONSENT_ALREADY_FROZEN, BENEFICIARY_ERASED.
    """
    agency_id = own_agency(tx.caller)
    records = await people.lock_as_one(tx, command.beneficiary_id)
    if await freezes.open_of(tx, command.beneficiary_id) is not None:
        raise RuleBroken("This person's consent is frozen already.", reason="CONSENT_ALREADY_FROZEN")
    freeze_id, now = random_id(), await tx.now()
    sealed = await sealed_words(command.words, command.beneficiary_id, freeze_id, tx, vault)
    await freezes.add(tx, freeze_id, command.beneficiary_id, agency_id, sealed, now)
    tx.publish(ConsentFrozen(freeze_id, command.beneficiary_id, request_id=command.request_id))
    await tell_profile(tx, people, [one.beneficiary_id for one in records], command.request_id)
    return now


async def lift_consent_freeze(
    command: ChangeFreeze,
    tx: Transaction,
    people: PostgresBeneficiaries,
    freezes: PostgresConsentFreezes,
    vault: Vault,
) -> datetime:
    """When it ended: what was signed counts again, as far as it has not ended or been withdrawn meanwhile.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: as above.
        RuleBroken: CONSENT_NOT_FROZEN, BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    records = await people.lock_as_one(tx, command.beneficiary_id)
    freeze_id = await freezes.open_of(tx, command.beneficiary_id)
    if freeze_id is None:
        raise RuleBroken("This person's consent is not frozen.", reason="CONSENT_NOT_FROZEN")
    now = await tx.now()
    sealed = await sealed_words(command.words, command.beneficiary_id, freeze_id, tx, vault)
    await freezes.lift(tx, freeze_id, sealed, now)
    tx.publish(ConsentFreezeLifted(freeze_id, command.beneficiary_id, request_id=command.request_id))
    await tell_profile(tx, people, [one.beneficiary_id for one in records], command.request_id)
    return now


async def sealed_words(
    words: str, beneficiary_id: BeneficiaryId, freeze_id: UUID, tx: Transaction, vault: Vault
) -> bytes:
    """Why, sealed under the person's own key.

    Raises:
        RuleBroken: BENEFICIARY_ERASED.
    """
    [sealed] = await vault.seal_texts(tx, [(beneficiary_id, freeze_id, words)])
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    return sealed
