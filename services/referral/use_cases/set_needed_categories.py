"""Sets what a service type needs to know after acceptance: a data protection officer's decision alone."""

from collections.abc import Collection
from uuid import UUID

from chassis.postgres import Transaction
from kernel import codes
from kernel.codes import Role
from kernel.errors import NotPermitted
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.domain.directory_events import NeededCategoriesSet

_NO_AGENCY = UUID(int=0)


async def set_needed_categories(
    service_type: str, categories: Collection[str], tx: Transaction, stores: DirectoryStores
) -> int:
    """Answers the bits that hold now. What an assessment releases is always among them.

    Raises:
        Invalid: UNKNOWN_CODE.
        NotPermitted: the caller is no data protection officer.
    """
    if Role.DPO not in tx.caller.roles:
        raise NotPermitted("Only a data protection officer sets what a service type may see.")
    kind = codes.service_type(service_type)
    mask = codes.mask(categories) | codes.ASSESSMENT_MASK
    now = await tx.now()
    version = await stores.needed_categories.set(tx, kind.code, mask, tx.caller.principal_id, now)
    if version is not None:
        tx.publish(NeededCategoriesSet(tx.caller.agency_id or _NO_AGENCY, kind.code, mask, version))
    return mask
