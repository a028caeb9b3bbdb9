"""Saves agencies: keepers any, an agency its own name and committees."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from chassis.postgres import Transaction
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.domain.directory import Agency, NotYourAgency, check_read, once_each
from services.referral.use_cases.directory_keeping import keeps_all


async def save_agencies(
    agencies: Sequence[Agency],
    tx: Transaction,
    stores: DirectoryStores,
    read_versions: Mapping[UUID, int] = MappingProxyType({}),
) -> int:
    """Answers how many were new or differed; what is saved again unchanged makes no version and no event.

    Args:
        read_versions: see `check_read`.

    Raises:
        Invalid: UNKNOWN_CODE, NAMED_TWICE.
        NotYourAgency: another agency, a new one, or a new code for one's own; keepers may.
        CodeTaken: two agencies would have one code.
        VersionConflict: somebody else has changed one since it was read.
    """
    once_each((agency.agency_id for agency in agencies), "agency")
    for agency in agencies:
        agency.check()
    if not await keeps_all(tx, stores):
        for agency in agencies:
            is_own = agency.agency_id == tx.caller.agency_id
            if not is_own or await stores.agencies.code_of(tx, agency.agency_id) != agency.code:
                raise NotYourAgency("An agency may change its own name and committees only.")
    saved = await stores.agencies.save(tx, agencies, await tx.now())
    check_read(((fact.agency_id, fact.version) for fact in saved), read_versions)
    for fact in saved:
        tx.publish(fact)
    return len(saved)
