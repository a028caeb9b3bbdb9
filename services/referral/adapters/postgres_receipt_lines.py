"""What receipts are made of, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import Listing, LocationVisibility
from kernel.ids import AgencyId, ReferralId
from kernel.restricted import RESTRICTED_TYPES
from services.referral.domain.receipt_line import (
    Provider,
    ReferralLine,
    receipt_line,
)
from services.referral.domain.transitions import ReferralState

_REFERRALS: Final = """
    select r.referral_id, r.service_type as asked_type, r.state, s.service_type, s.listing,
        s.location_visibility, s.district, s.address, a.name_el, a.name_en
    from referral r
        left join offer o on o.referral_id = r.referral_id
            and o.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED')
        left join service s on s.service_id = o.service_id
        left join agency a on a.agency_id = s.agency_id
    where r.referral_id = any($1::uuid[]) and r.sender_agency_id = $2 and r.service_type is not null
    order by r.recorded_time, r.referral_id
"""
# an agency that shows the public nothing but restricted help is named by nobody: its name would tell
_AGENCIES: Final = """
    select agency_id, name_el, name_en from agency
    where agency_id = any($1::uuid[]) and exists (
        select from service
        where service.agency_id = agency.agency_id and listing = 'PUBLIC' and service_type <> all($2::text[])
    )
    order by code
"""


@dataclass(frozen=True, slots=True)
class NamedAgency:
    """An agency by its public name."""

    agency_id: AgencyId
    name_el: str
    name_en: str


class PostgresReceiptLines:
    """Row-level security shows the caller's agency what it sent."""

    async def referrals(
        self, tx: Transaction, sender_agency_id: AgencyId, referral_ids: Sequence[UUID]
    ) -> list[ReferralLine]:
        """Of each referral what may be told; those of which nothing may are left out."""
        rows = await tx.connection.fetch(_REFERRALS, list(referral_ids), sender_agency_id)
        lines = (
            receipt_line(
                ReferralId(row["referral_id"]),
                row["asked_type"],
                ReferralState(row["state"]),
                _provider(row),
            )
            for row in rows
        )
        return [line for line in lines if line is not None]

    async def agencies(self, tx: Transaction, agency_ids: Sequence[UUID]) -> list[NamedAgency]:
        """The names that may be told, by code."""
        rows = await tx.connection.fetch(_AGENCIES, list(agency_ids), list(RESTRICTED_TYPES))
        return [NamedAgency(**row) for row in rows]


def _provider(row: Any) -> Provider | None:
    if row["service_type"] is None:
        return None
    return Provider(
        service_type=row["service_type"],
        listing=Listing(row["listing"]),
        visibility=LocationVisibility(row["location_visibility"]),
        district=row["district"],
        address=row["address"],
        name_el=row["name_el"],
        name_en=row["name_en"],
    )
