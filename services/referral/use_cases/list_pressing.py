"""Lists what presses among the referrals that the caller's agency sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.errors import NotPermitted
from kernel.ids import AgencyId, ReferralId
from kernel.restricted import may_see_restricted
from services.referral.adapters.stores import Stores
from services.referral.domain.pressing import Pressing
from services.referral.use_cases.get_referral import SeenReferral, see_referrals

METHOD: Final = "/kem.referral.v1.ReferralService/ListPressing"


@dataclass(frozen=True, slots=True)
class ListPressing:
    """`only`: none but these; None for all that was sent. `longer`: the group of which most are listed."""

    only: Sequence[ReferralId] | None
    size: int
    longer: Pressing | None = None


@dataclass(frozen=True, slots=True)
class SeenGroup:
    """How many press for one reason, and the first of them."""

    pressing: Pressing
    count: int
    referrals: Sequence[SeenReferral]


async def list_pressing(
    query: ListPressing, caller: Caller, tx: Transaction, stores: Stores
) -> list[SeenGroup]:
    """The groups that are not empty, the most pressing first; a few statements, however much there is.

    Raises:
        NotPermitted: the caller belongs to no agency.
    """
    if caller.agency_id is None:
        raise NotPermitted("Only staff of an agency have referrals to list.")
    found = await stores.pressing.groups(
        tx,
        AgencyId(caller.agency_id),
        size=query.size,
        longer=query.longer,
        only=query.only,
        # of those that are named the caller knows already, by whoever says whose they are
        sees_restricted=query.only is not None or may_see_restricted(caller.roles),
    )
    ids = [one for group in found.values() for one in group.referral_ids]
    seen = {one.referral.referral_id: one for one in await see_referrals(tx, stores, ids, caller)}
    if seen:
        tx.record_access(AccessRecord("referral", METHOD, list(seen)))
    return [
        # but for what was deleted between the two statements
        SeenGroup(pressing, group.count, [seen[one] for one in group.referral_ids if one in seen])
        for pressing in Pressing
        if (group := found.get(pressing)) is not None
    ]
