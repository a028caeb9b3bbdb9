"""Lists the referrals that the caller's agency sent, is asked about, or holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.errors import NotPermitted
from kernel.ids import AgencyId, ReferralId
from services.referral.adapters.postgres_reads import PageEnd, ReferralsView
from services.referral.adapters.stores import Stores
from services.referral.domain.transitions import ReferralState
from services.referral.use_cases.get_referral import SeenReferral, see_referrals

METHOD: Final = "/kem.referral.v1.ReferralService/ListReferrals"


@dataclass(frozen=True, slots=True)
class ListReferrals:
    """`state` None: all (in HELD: all that is held now). `only`: none but these; empty for all."""

    view: ReferralsView
    state: ReferralState | None
    after: PageEnd | None
    limit: int
    only: Sequence[ReferralId] = ()


async def list_referrals(
    query: ListReferrals, caller: Caller, tx: Transaction, stores: Stores
) -> tuple[list[SeenReferral], PageEnd | None]:
    """A page, the newest first, and where it ended if there is more.

    Raises:
        NotPermitted: the caller belongs to no agency.
    """
    if caller.agency_id is None:
        raise NotPermitted("Only staff of an agency have referrals to list.")
    found = await stores.reads.page(
        tx, query.view, AgencyId(caller.agency_id), query.state, query.after, query.limit + 1, query.only
    )
    page = found[: query.limit]
    seen = await see_referrals(tx, stores, [one.referral_id for one in page], caller)
    if seen:
        tx.record_access(AccessRecord("referral", METHOD, [one.referral.referral_id for one in seen]))
    return seen, page[-1] if len(found) > query.limit else None
