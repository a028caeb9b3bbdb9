"""Lists the referrals that the caller's agency sent, is asked about, or holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.errors import Invalid, NotPermitted
from kernel.ids import AgencyId, ReferralId
from services.referral.adapters.postgres_referral_pages import PageEnd, ReferralsOrder, ReferralsView
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
    order: ReferralsOrder = ReferralsOrder.NEWEST
    with_counts: bool = False
    only: Sequence[ReferralId] = ()

    def check(self) -> None:
        """Raises Invalid: ORDER_NOT_THERE, PAGE_TOKEN_INVALID (of another order)."""
        if self.order is ReferralsOrder.DUE and self.view is ReferralsView.SENT:
            raise Invalid(
                "Only what an agency is asked, or holds, is listed by what is due.", reason="ORDER_NOT_THERE"
            )
        if self.after is not None and self.after.order is not self.order:
            raise Invalid("This page token is of another order.", reason="PAGE_TOKEN_INVALID")


@dataclass(frozen=True, slots=True)
class ReferralPage:
    """A page, where it ended if there is more, and how many there are of each state where that was asked."""

    referrals: list[SeenReferral]
    end: PageEnd | None
    counts: Mapping[ReferralState, int] = field(default_factory=dict)


async def list_referrals(
    query: ListReferrals, caller: Caller, tx: Transaction, stores: Stores
) -> ReferralPage:
    """A page of what the caller's agency sent, is asked, or holds.

    Raises:
        NotPermitted: the caller belongs to no agency.
        Invalid: as `ListReferrals.check` says.
    """
    if caller.agency_id is None:
        raise NotPermitted("Only staff of an agency have referrals to list.")
    query.check()
    agency_id = AgencyId(caller.agency_id)
    found = await stores.pages.page(
        tx,
        query.view,
        agency_id,
        state=query.state,
        order=query.order,
        after=query.after,
        limit=query.limit + 1,
        only=query.only,
    )
    page = found[: query.limit]
    counts = await stores.pages.counts(tx, query.view, agency_id) if query.with_counts else {}
    seen = await see_referrals(tx, stores, [one.referral_id for one in page], caller)
    if seen:
        tx.record_access(AccessRecord("referral", METHOD, [one.referral.referral_id for one in seen]))
    return ReferralPage(seen, page[-1] if len(found) > query.limit else None, counts)
