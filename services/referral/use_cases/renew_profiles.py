"""Takes over what intake says anew of known referrals: the card, and the group on waiting lists."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from chassis.postgres import Transaction
from kernel.ids import ReferralId
from services.referral.adapters.profile_format import NeedAnswer
from services.referral.adapters.stores import Stores
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import ReferralState


@dataclass(frozen=True, slots=True)
class Renewed:
    """What came of it.

    Args:
        newest: those of whom nothing newer was known.
        regrouped: those of them who wait and had another group, so that whose turn it is must be seen anew.
    """

    newest: Set[ReferralId]
    regrouped: Set[ReferralId]


async def renew_profiles(
    tx: Transaction,
    stores: Stores,
    referrals: Sequence[Referral],
    answers: Mapping[ReferralId, NeedAnswer],
    now: datetime,
) -> Renewed:
    """An answer that is older than what is known changes nothing.

    Args:
        referrals: locked, each with an answer.
    """
    newest = await stores.matches.refresh_profiles(tx, answers, now)
    groups = {
        one.referral_id: profile.priority_group
        for one in referrals
        if one.state is ReferralState.WAITLISTED
        and one.referral_id in newest
        and (profile := answers[one.referral_id].profile) is not None
    }
    return Renewed(newest, await stores.waitlist.regroup(tx, groups))
