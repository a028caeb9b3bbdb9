"""Shows a service as it stood when a match or an offer cited it."""

from chassis.postgres import Transaction
from kernel.ids import ServiceId
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.postgres_services import ServiceVersion
from services.referral.domain.directory import ServiceNotFound
from services.referral.use_cases.batch_get_service_versions import batch_get_service_versions


async def get_service_version(
    service_id: ServiceId, version: int, tx: Transaction, stores: DirectoryStores
) -> ServiceVersion:
    """As one of many is found.

    Raises:
        ServiceNotFound: there is no such version, or the service is restricted: no event cites it.
    """
    for found in await batch_get_service_versions([(service_id, version)], tx, stores):
        return found
    raise ServiceNotFound("There is no such service, or it never had this version.")
