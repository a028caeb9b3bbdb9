"""Suspends a service: at once it takes nobody, and whoever was asked there is matched again."""

from chassis.postgres import Transaction
from kernel.ids import AgencyId, ServiceId
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.domain.directory import NotYourAgency, ServiceNotFound
from services.referral.domain.directory_events import ServiceSuspended
from services.referral.use_cases.directory_keeping import check_keeps


async def suspend_service(service_id: ServiceId, tx: Transaction, stores: DirectoryStores) -> int:
    """Answers how many open offers are being revoked; 0 where it is suspended already.

    The units are closed in this transaction; offers are revoked by a timer right after its commit. An offer
    that is being made meanwhile either finds the unit closed or is seen by the timer: none slips through.

    Raises:
        ServiceNotFound: no such service, or the caller may not write for it.
    """
    await check_keeps_service(service_id, tx, stores)
    now = await tx.now()
    row = await stores.services.suspend(tx, service_id, tx.caller.principal_id, now)
    if row is None:
        return 0
    open_offers = await stores.capacity.suspend(tx, service_id)
    tx.publish(ServiceSuspended(row.agency_id, service_id, row.service_type, row.version))
    await stores.deadlines.service_closed(tx, service_id, now)
    return open_offers


async def check_keeps_service(service_id: ServiceId, tx: Transaction, stores: DirectoryStores) -> AgencyId:
    """The service's agency, where the caller may write for it.

    Raises:
        ServiceNotFound: no such service, or the caller may not (told apart nowhere).
    """
    owner = (await stores.services.owners(tx, [service_id])).get(service_id)
    try:
        if owner is not None and owner.service_id == service_id:
            await check_keeps(tx, stores, {owner.agency_id})
            return owner.agency_id
    except NotYourAgency:
        pass
    raise ServiceNotFound("There is no such service among those that you keep.")
