"""Ends a suspension: whoever waits or found nobody is matched again."""

from chassis.postgres import Transaction
from kernel.ids import ServiceId
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.domain.directory_events import ServiceResumed
from services.referral.use_cases.suspend_service import check_keeps_service


async def resume_service(service_id: ServiceId, tx: Transaction, stores: DirectoryStores) -> None:
    """Changes nothing where the service is not suspended.

    Raises:
        ServiceNotFound: no such service, or the caller may not write for it.
    """
    await check_keeps_service(service_id, tx, stores)
    now = await tx.now()
    row = await stores.services.resume(tx, service_id, tx.caller.principal_id, now)
    if row is None:
        return
    units = await stores.capacity.resume(tx, service_id)
    tx.publish(ServiceResumed(row.agency_id, service_id, row.service_type, row.version))
    await stores.deadlines.places_freed(tx, units, now)
    await stores.deadlines.directory_changed(tx, [row.service_type], now)
