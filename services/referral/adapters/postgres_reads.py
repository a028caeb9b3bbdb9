"""Referrals with all that is shown of them, and pages of them, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import auto
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import Code
from kernel.ids import AgencyId, ReferralId, ServiceId
from services.referral.adapters.referral_rows import (
    OFFER_COLUMNS,
    REFERRAL_COLUMNS,
    offer_of,
    referral_of,
)
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import HELD_STATES, ReferralState
from services.referral.domain.visibility import Viewer

_PAGE: Final = """
    select referral_id, recorded_time from referral
    where {condition} and ($2::text is null or state = $2)
        {named}
        and (recorded_time, referral_id) < ($3::timestamptz, $4::uuid)
    order by recorded_time desc, referral_id desc
    limit $5
"""
_OF: Final = {"r": REFERRAL_COLUMNS, "o": OFFER_COLUMNS}
_WHOLE: Final = f"""
    select {", ".join(f"{table}.{name}" for table, columns in _OF.items() for name in columns)},
        profile,
        s.service_id is not null,
        -- not by exists: that may be answered by reading the words of all
        (select true from offer_note where offer_note.referral_id = r.referral_id limit 1) is not null,
        clock_timestamp()
    from referral r
        left join offer o on o.referral_id = r.referral_id
        left join service s on s.service_id = o.service_id
            and (s.listing <> 'NAMED_STAFF' or s.agency_id = $2)
        left join need_profile on need_profile.referral_id = r.referral_id
    where r.referral_id = any($1::uuid[])
    order by o.number
"""  # noqa: S608 - our own names
_HELD: Final = ", ".join(f"'{state}'" for state in sorted(HELD_STATES))


class ReferralsView(Code):
    SENT = auto()
    OFFERED = auto()
    HELD = auto()


_CONDITIONS: Final = {
    ReferralsView.SENT: "sender_agency_id = $1",
    ReferralsView.OFFERED: "referral_id in (select referral_id from offer where agency_id = $1"
    " and state in ('SENT', 'NEEDS_INFORMATION'))",
    ReferralsView.HELD: f"holder_agency_id = $1 and ($2::text is not null or state in ({_HELD}))",
}
_PAGES: Final = {view: _PAGE.format(condition=one, named="") for view, one in _CONDITIONS.items()}
_PAGES_OF_NAMED: Final = {  # a statement of its own: the other one's plan would walk through all of the view
    view: _PAGE.format(condition=one, named="and referral_id = any($6::uuid[])")
    for view, one in _CONDITIONS.items()
}


@dataclass(frozen=True, slots=True)
class PageEnd:
    """Where a page ended: the last referral on it."""

    recorded_time: datetime
    referral_id: ReferralId


@dataclass(frozen=True, slots=True)
class WholeReferral:
    """A referral with what may be shown of it, as the caller's row-level security lets it be read.

    Args:
        profile: as `profile_format.profile_from` reads it; None where nothing is known, or not by the caller.
        has_notes: whether there are words to be read.
        offers: in the order in which they were made.
        unlisted: services of the offers of which somebody who is not named staff may not know.
    """

    referral: Referral
    profile: bytes | None
    has_notes: bool
    offers: list[Offer] = field(default_factory=list)
    unlisted: set[ServiceId] = field(default_factory=set)


_BEFORE_ALL: Final = PageEnd(datetime(9999, 1, 1, tzinfo=UTC), ReferralId(UUID(int=(1 << 128) - 1)))


class PostgresReads:
    """Reads for those who look; row-level security is the second wall."""

    async def page(
        self,
        tx: Transaction,
        view: ReferralsView,
        agency_id: AgencyId,
        state: ReferralState | None,
        after: PageEnd | None,
        limit: int,
        only: Sequence[ReferralId] = (),
    ) -> list[PageEnd]:
        """The referrals of the view behind `after`, the newest first; where some are named only those."""
        end = after or _BEFORE_ALL
        rows = await tx.connection.fetch(
            (_PAGES_OF_NAMED if only else _PAGES)[view],
            agency_id,
            state.value if state else None,
            end.recorded_time,
            end.referral_id,
            limit,
            *([list(only)] if only else []),
        )
        return [PageEnd(row["recorded_time"], ReferralId(row["referral_id"])) for row in rows]

    async def whole(
        self, tx: Transaction, referral_ids: Sequence[ReferralId], viewer: Viewer
    ) -> list[WholeReferral]:
        """The referrals that the caller may see, in the order of the ids; the clock is read along."""
        found: dict[ReferralId, WholeReferral] = {}
        for row in await tx.connection.fetch(_WHOLE, list(referral_ids), viewer.agency_id):
            *columns, profile, is_listed, has_notes, clock_time = row
            one = found.get(columns[0])
            if one is None:
                one = found[columns[0]] = WholeReferral(referral_of(columns), profile, has_notes)
                tx.note_now(clock_time)
            offer = offer_of(columns[len(REFERRAL_COLUMNS) :])
            if offer is not None:
                one.offers.append(offer)
                if not is_listed:
                    one.unlisted.add(offer.service_id)
        return [found[one] for one in referral_ids if one in found]
