"""Referrals with all that is shown of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import ActivityId, ReferralId, ServiceId
from services.referral.adapters.directory_sight import Sight, see
from services.referral.adapters.referral_rows import (
    OFFER_COLUMNS,
    REFERRAL_COLUMNS,
    offer_of,
    referral_of,
)
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral
from services.referral.domain.visibility import Viewer

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


_ACTIVITIES: Final = """
    select activity_id, name_el, name_en, start_time, end_time from activity
    where activity_id = any($1::uuid[])
"""


@dataclass(frozen=True, slots=True)
class OfferedActivity:
    """What an offer is for, as the directory has it now."""

    name_el: str
    name_en: str
    start_time: datetime
    end_time: datetime


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


class PostgresReads:
    """Reads for those who look; row-level security is the second wall."""

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

    async def activities(
        self, tx: Transaction, activity_ids: Collection[ActivityId], viewer: Viewer
    ) -> dict[ActivityId, OfferedActivity]:
        """Those of them of which the caller may know."""
        if not activity_ids:
            return {}
        if viewer.is_named_staff:
            await see(tx, Sight.NAMED_STAFF)
        return {
            ActivityId(activity_id): OfferedActivity(*rest)
            for activity_id, *rest in await tx.connection.fetch(_ACTIVITIES, list(activity_ids))
        }
