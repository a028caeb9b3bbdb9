"""Shows a service as it stood when a match or an offer cited it."""

from dataclasses import replace

from chassis.postgres import Transaction
from kernel import codes
from kernel.ids import ServiceId
from services.referral.adapters.directory_sight import Sight, see
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.postgres_services import ServiceVersion
from services.referral.domain.directory import ServiceNotFound
from services.referral.use_cases.directory_keeping import viewer_of


async def get_service_version(
    service_id: ServiceId, version: int, tx: Transaction, stores: DirectoryStores
) -> ServiceVersion:
    """What events may name is found, whatever its listing; a place that is hidden stays so.

    Raises:
        ServiceNotFound: there is no such version, or the service is restricted: no event cites it.
    """
    await see(tx, Sight.NAMED_STAFF)
    found = await stores.services.version(tx, service_id, version)
    if found is None or codes.service_type(found.service.service_type).restricted:
        raise ServiceNotFound("There is no such service, or it never had this version.")
    return replace(found, service=viewer_of(tx).shown(found.service))
