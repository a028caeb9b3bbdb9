"""What was permitted turned without the person: tells it as if somebody had changed their consent.

Consent, or a denial, has begun or ended by time alone, or an agency's agreement says something else now.
"""

from typing import Final

from chassis.postgres import Transaction
from services.intake.adapters.postgres_consent_moments import PostgresConsentMoments
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.consent import EXPIRED
from services.intake.domain.events import ConsentStateRecorded, ProfileChanged
from services.intake.use_cases.open_recalls import open_recalls
from services.intake.use_cases.settle_recalls import settle_permitted_again

AT_ONCE: Final = 100


async def tell_consent_moments(
    tx: Transaction, moments: PostgresConsentMoments, recalls: PostgresRecalls
) -> int:
    """Tells a ProfileChanged for each person among the moments now due, and for whatever other records are
    seen as theirs; answers how many.

    Of each record that has ended by that it is written and told that it has, and what agencies were given
    under it is asked back. What a denial had asked back, and is permitted again as the denial is over, nobody
    has to answer any more, as when it is lifted.

    Disclosure needs none of this, for it looks at the periods itself. Whoever matches asks again and takes
    back an offer that is no longer permitted, or finds one that now is. When an agreement begins and ends is
    told when it is saved, so its followers need no reminder of that.
    """
    await moments.spread_agreement(tx)
    turned = await moments.take_due(tx, AT_ONCE)
    now = await tx.now()
    people = [beneficiary_id for beneficiary_id, _ in turned]
    for beneficiary_id, sequence, consent_id in await moments.expire(tx, people, now):
        tx.publish(ConsentStateRecorded(beneficiary_id, sequence, EXPIRED, consent_id=consent_id))
    for beneficiary_id, profile_version in turned:
        tx.publish(ProfileChanged(beneficiary_id, profile_version))
    if turned:
        await settle_permitted_again(tx, recalls, people, now, None)
        await open_recalls(tx, recalls, people)
    return len(turned)
