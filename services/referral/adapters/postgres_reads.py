"""Pages of referrals, the newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import auto
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import Code
from kernel.ids import AgencyId, ReferralId, ServiceId
from services.referral.domain.transitions import HELD_STATES, ReferralState
from services.referral.domain.visibility import Viewer

_PAGE: Final = """
    select referral_id, recorded_time from referral
    where {condition} and ($2::text is null or state = $2)
        and (recorded_time, referral_id) < ($3::timestamptz, $4::uuid)
    order by recorded_time desc, referral_id desc
    limit $5
"""
_LISTED: Final = """
    select service_id from service
    where service_id = any($1::uuid[]) and (listing <> 'NAMED_STAFF' or agency_id = $2)
"""
_HELD: Final = ", ".join(f"'{state}'" for state in sorted(HELD_STATES))


class ReferralsView(Code):
    SENT = auto()
    OFFERED = auto()
    HELD = auto()


_PAGES: Final = {
    ReferralsView.SENT: _PAGE.format(condition="sender_agency_id = $1"),
    ReferralsView.OFFERED: _PAGE.format(
        condition="referral_id in (select referral_id from offer where agency_id = $1"
        " and state in ('SENT', 'NEEDS_INFORMATION'))"
    ),
    ReferralsView.HELD: _PAGE.format(
        condition=f"holder_agency_id = $1 and ($2::text is not null or state in ({_HELD}))"
    ),
}


@dataclass(frozen=True, slots=True)
class PageEnd:
    """Where a page ended: the last referral on it."""

    recorded_time: datetime
    referral_id: ReferralId


_BEFORE_ALL: Final = PageEnd(datetime(9999, 1, 1, tzinfo=UTC), ReferralId(UUID(int=(1 << 128) - 1)))


class PostgresReads:
    """Finds pages; row-level security is the second wall."""

    async def page(
        self,
        tx: Transaction,
        view: ReferralsView,
        agency_id: AgencyId,
        state: ReferralState | None,
        after: PageEnd | None,
        limit: int,
    ) -> list[PageEnd]:
        """The referrals of the view behind `after`, the newest first."""
        end = after or _BEFORE_ALL
        rows = await tx.connection.fetch(
            _PAGES[view],
            agency_id,
            state.value if state else None,
            end.recorded_time,
            end.referral_id,
            limit,
        )
        return [PageEnd(row["recorded_time"], ReferralId(row["referral_id"])) for row in rows]

    async def listed_services(
        self, tx: Transaction, service_ids: Iterable[ServiceId], viewer: Viewer
    ) -> set[ServiceId]:
        """Those of the services of which somebody who is not named staff may know."""
        rows = await tx.connection.fetch(_LISTED, list(service_ids), viewer.agency_id)
        return {ServiceId(row["service_id"]) for row in rows}
