"""Somebody else decides for a person now: what was permitted before waits for a child protection officer."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, random_id
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.vault import Vault
from services.intake.domain.beneficiary import Guardian
from services.intake.domain.events import ConsentFrozen
from services.intake.domain.guardian_rules import has_another_authority

REVIEW_DUE: Final = timedelta(hours=72)
"""How long an officer has, as for what was given in an emergency."""

WORDS: Final = "Whoever decides for this person has changed in their record."


async def review_guardian(
    tx: Transaction,
    beneficiary_id: BeneficiaryId,
    agency_id: AgencyId,
    before: Guardian | None,
    after: Guardian | None,
    freezes: PostgresConsentFreezes,
    vault: Vault,
    request_id: UUID,
) -> bool:
    """Freezes the person's consent where somebody else permitted what is open now; answers whether it did.

    It ends nothing: what a former guardian permitted may well stay right, and a name that is only spelt anew
    must not make agencies destroy what they have. Until an officer has looked, nothing more is given on it.
    The caller has locked the person, and tells `ProfileChanged`.
    """
    if not has_another_authority(before, after):
        return False
    # nobody decided for the person before: what they permitted themselves is looked at too
    if not await freezes.has_permits(tx, beneficiary_id, of_the_person=before is None):
        return False
    if await freezes.open_of(tx, beneficiary_id) is not None:
        await freezes.set_due(tx, beneficiary_id, await tx.now() + REVIEW_DUE)
        return False
    freeze_id, now = random_id(), await tx.now()
    [sealed] = await vault.seal_texts(tx, [(beneficiary_id, freeze_id, WORDS)])
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    due_time = now + REVIEW_DUE
    await freezes.add(tx, freeze_id, beneficiary_id, agency_id, sealed, now, due_time=due_time)
    tx.publish(ConsentFrozen(freeze_id, beneficiary_id, request_id=request_id))
    return True
