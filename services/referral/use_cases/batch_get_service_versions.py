"""Shows services as they stood when matches or offers cited them, many at once."""

from collections.abc import Collection
from dataclasses import replace

from chassis.postgres import Transaction
from kernel import codes
from kernel.ids import ServiceId
from services.referral.adapters.directory_sight import Sight, see
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.postgres_services import ServiceVersion
from services.referral.use_cases.directory_keeping import viewer_of


async def batch_get_service_versions(
    cited: Collection[tuple[ServiceId, int]], tx: Transaction, stores: DirectoryStores
) -> list[ServiceVersion]:
    """What events may name is found, whatever its listing; a place that is hidden stays so.

    What was never there, and what is restricted, is left out alike: no event cites it.
    """
    await see(tx, Sight.NAMED_STAFF)
    viewer = viewer_of(tx)
    return [
        replace(one, service=viewer.shown(one.service))
        for one in await stores.services.versions(tx, cited)
        if not codes.service_type(one.service.service_type).restricted
    ]
