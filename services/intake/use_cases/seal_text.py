"""Seals words about a person for another service of the hub, which keeps nothing but the ciphertext."""

from dataclasses import dataclass

from chassis.postgres import Transaction
from kernel.errors import NotFound, RuleBroken
from kernel.ids import BeneficiaryId, ReferralId
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.adapters.vault import Vault


@dataclass(frozen=True, slots=True)
class SealText:
    """A text about the person behind a referral."""

    referral_id: ReferralId
    text: str


async def seal_text(command: SealText, tx: Transaction, needs: PostgresNeeds, vault: Vault) -> bytes:
    """The text under the person's `sensitive` key; it opens for this referral only.

    Raises:
        NotFound: REFERRAL_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED.
    """
    person = await person_behind(tx, needs, command.referral_id)
    [sealed] = await vault.seal_texts(tx, [(person, command.referral_id, command.text)])
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    return sealed


async def person_behind(tx: Transaction, needs: PostgresNeeds, referral_id: ReferralId) -> BeneficiaryId:
    """Whose referral it is.

    Raises:
        NotFound: REFERRAL_NOT_FOUND.
    """
    person = (await needs.people_of_referrals(tx, [referral_id])).get(referral_id)
    if person is None:
        raise NotFound("There is no such referral.", reason="REFERRAL_NOT_FOUND")
    return person
