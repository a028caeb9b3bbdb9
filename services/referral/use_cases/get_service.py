"""Shows one service, as far as the caller may know of it."""

from dataclasses import replace

from chassis.postgres import Transaction
from kernel.ids import ServiceId
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.postgres_listing import ListedService
from services.referral.domain.directory import ServiceNotFound
from services.referral.use_cases.directory_keeping import viewer_of


async def get_service(service_id: ServiceId, tx: Transaction, stores: DirectoryStores) -> ListedService:
    """Raises ServiceNotFound where there is none, or the caller may not know of it."""
    viewer = viewer_of(tx)
    listed = await stores.listing.one(tx, viewer, service_id, await tx.now())
    if listed is None:
        raise ServiceNotFound("There is no such service.")
    return replace(listed, service=viewer.shown(listed.service))
