"""Lists the activities of services that the caller may know of."""

from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.postgres_activities import ActivityFilter, ListedActivity
from services.referral.use_cases.directory_keeping import viewer_of


async def list_activities(
    wanted: ActivityFilter,
    after: tuple[datetime, UUID],
    limit: int,
    tx: Transaction,
    stores: DirectoryStores,
) -> tuple[list[ListedActivity], int]:
    """A page by start, and how many there are in all."""
    return await stores.activities.page(tx, viewer_of(tx), wanted, after=after, limit=limit)
