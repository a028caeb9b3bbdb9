"""The agreements that this service has heard of, and what hangs on them."""

from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import AgencyId
from services.referral.adapters.postgres_agreements import save_agreement

_IS_IN_FORCE: Final = """
    select exists (select from agreement where agency_id = $1
        and valid_from_time <= (select clock_timestamp()) and (select clock_timestamp()) < valid_until_time)
"""
_SERVICE_TYPES: Final = "select distinct service_type from service where agency_id = $1"


class KnownAgreements:
    """Follows intake; never decides by itself whether an agreement holds."""

    async def save(
        self,
        tx: Transaction,
        agency_id: AgencyId,
        valid_from_time: datetime,
        valid_until_time: datetime,
        version: int,
    ) -> bool:
        """True where something changed; an older version changes nothing."""
        return await save_agreement(tx, agency_id, valid_from_time, valid_until_time, version)

    async def is_in_force(self, tx: Transaction, agency_id: AgencyId) -> bool:
        """Whether the agency's agreement has begun and not run out."""
        return bool(await tx.connection.fetchval(_IS_IN_FORCE, agency_id))

    async def service_types_of(self, tx: Transaction, agency_id: AgencyId) -> list[str]:
        """What the agency offers."""
        return [row["service_type"] for row in await tx.connection.fetch(_SERVICE_TYPES, agency_id)]
