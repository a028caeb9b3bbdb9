"""Lists the services that the caller may know of."""

from dataclasses import replace
from uuid import UUID

from chassis.postgres import Transaction
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.postgres_listing import ListedService, ServiceFilter
from services.referral.use_cases.directory_keeping import viewer_of


async def list_services(
    wanted: ServiceFilter, after: UUID, limit: int, tx: Transaction, stores: DirectoryStores
) -> tuple[list[ListedService], int]:
    """A page by service id, each without what the caller may not know; and how many there are in all."""
    viewer = viewer_of(tx)
    now = await tx.now()
    page, total = await stores.listing.page(tx, viewer, wanted, after=after, limit=limit, now=now)
    return [replace(listed, service=viewer.shown(listed.service)) for listed in page], total
