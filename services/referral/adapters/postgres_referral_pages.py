"""Pages of an agency's referrals by view and order, and how many there are of each state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import auto
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import Code
from kernel.ids import AgencyId, ReferralId
from services.referral.domain.transitions import HELD_STATES, ReferralState


class ReferralsView(Code):
    SENT = auto()
    OFFERED = auto()
    HELD = auto()


class ReferralsOrder(Code):
    """DUE: the most urgent first, of these what is due first (OFFERED), or was taken up first (HELD)."""

    NEWEST = auto()
    DUE = auto()


@dataclass(frozen=True, slots=True)
class PageEnd:
    """Where a page ended: the last referral on it, by what its order goes.

    Args:
        rank: of the urgency, 1 the most urgent; 0 where the order does not ask for it.
        order_time: when it was recorded, is due or was taken up.
    """

    rank: int
    order_time: datetime
    referral_id: ReferralId

    @property
    def order(self) -> ReferralsOrder:
        """Of which order it is."""
        return ReferralsOrder.DUE if self.rank else ReferralsOrder.NEWEST


_HELD: Final = ", ".join(f"'{state}'" for state in sorted(HELD_STATES))
_OPEN: Final = "o.agency_id = $1 and o.state in ('SENT', 'NEEDS_INFORMATION')"
_TAKEN_UP: Final = "o.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED')"
_RANK: Final = "case r.urgency when 'EMERGENCY' then 1 when 'URGENT' then 2 else 3 end"
_NEWEST: Final = """
    select 0 as rank, recorded_time as order_time, r.referral_id from referral r
    where {condition} and ($2::text is null or r.state = $2) and $3::int is not null -- (ranks nothing)
        {named}
        and (recorded_time, r.referral_id) < ($4::timestamptz, $5::uuid)
    order by recorded_time desc, r.referral_id desc
    limit $6
"""
_DUE: Final = """
    select * from (
        select {rank} as rank, o.{time} as order_time, r.referral_id
        from referral r join offer o on o.referral_id = r.referral_id
        where {condition} and ($2::text is null or r.state = $2) {{named}}
    ) due
    where (rank, order_time, referral_id) > ($3, $4::timestamptz, $5::uuid)
    order by rank, order_time, referral_id
    limit $6
"""
_CONDITIONS: Final[Mapping[ReferralsView, str]] = {
    ReferralsView.SENT: "r.sender_agency_id = $1",
    ReferralsView.OFFERED: f"r.referral_id in (select o.referral_id from offer o where {_OPEN})",  # noqa: S608  constants only
    ReferralsView.HELD: f"r.holder_agency_id = $1 and r.state in ({_HELD})",
}
_ENDED_HERE: Final = f"r.holder_agency_id = $1 and r.state not in ({_HELD})"
"""Of HELD, where a state is asked for in which nobody holds it any more."""
_AWAITING: Final = "r.sender_agency_id = $1 and r.state = 'AWAITING_PERSON'"
"""Of SENT, where these are asked for: a few among all, which have an index of their own."""
_DUE_PAGES: Final[Mapping[ReferralsView, str]] = {
    ReferralsView.OFFERED: _DUE.format(rank=_RANK, time="respond_by_time", condition=_OPEN),
    ReferralsView.HELD: _DUE.format(
        rank=_RANK,
        time="answered_time",
        # an offer stays taken up when the referral has ended
        condition=f"{_CONDITIONS[ReferralsView.HELD]} and {_TAKEN_UP}",
    ),
}
_COUNTS: Final[Mapping[ReferralsView, str]] = {
    view: f"select r.state, count(*)::integer from referral r where {condition} group by r.state"  # noqa: S608  constants only
    for view, condition in _CONDITIONS.items()
}
_BEFORE_ALL: Final[Mapping[ReferralsOrder, PageEnd]] = {
    ReferralsOrder.NEWEST: PageEnd(0, datetime(9999, 1, 1, tzinfo=UTC), ReferralId(UUID(int=(1 << 128) - 1))),
    ReferralsOrder.DUE: PageEnd(0, datetime(1, 1, 1, tzinfo=UTC), ReferralId(UUID(int=0))),
}


class PostgresReferralPages:
    """Reads for those who look; row-level security is the second wall."""

    async def page(
        self,
        tx: Transaction,
        view: ReferralsView,
        agency_id: AgencyId,
        *,
        state: ReferralState | None,
        order: ReferralsOrder,
        after: PageEnd | None,
        limit: int,
        only: Sequence[ReferralId] = (),
    ) -> list[PageEnd]:
        """The referrals of the view behind `after`, which ended a page of the same order.

        Where some are named only those.
        """
        end = after or _BEFORE_ALL[order]
        rows = await tx.connection.fetch(
            _statement(view, order, state, are_named=bool(only)),
            agency_id,
            state.value if state else None,
            end.rank,
            end.order_time,
            end.referral_id,
            limit,
            *([list(only)] if only else []),
        )
        return [PageEnd(row["rank"], row["order_time"], ReferralId(row["referral_id"])) for row in rows]

    async def counts(
        self, tx: Transaction, view: ReferralsView, agency_id: AgencyId
    ) -> dict[ReferralState, int]:
        """How many there are of each state, none of 0."""
        rows = await tx.connection.fetch(_COUNTS[view], agency_id)
        return {ReferralState(row["state"]): row["count"] for row in rows}


def _statement(
    view: ReferralsView, order: ReferralsOrder, state: ReferralState | None, *, are_named: bool = False
) -> str:
    """One of its own where some are named: the other one's plan would walk through all of the view."""
    named = "and r.referral_id = any($7::uuid[])" if are_named else ""
    if order is ReferralsOrder.DUE:
        return _DUE_PAGES[view].format(named=named)
    condition = _CONDITIONS[view]
    if view is ReferralsView.HELD and state is not None and state not in HELD_STATES:
        condition = _ENDED_HERE
    elif view is ReferralsView.SENT and state is ReferralState.AWAITING_PERSON:
        condition = _AWAITING
    return _NEWEST.format(condition=condition, named=named)
