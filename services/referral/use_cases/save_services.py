"""Saves services of the caller's agency; keepers save any agency's."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import UnitId
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.domain.directory import (
    AgencyNotFound,
    NotYourAgency,
    Service,
    check_read,
    once_each,
)
from services.referral.domain.directory_events import ServiceSaved
from services.referral.use_cases.directory_keeping import check_keeps


async def save_services(
    services: Sequence[Service],
    tx: Transaction,
    stores: DirectoryStores,
    read_versions: Mapping[UUID, int] = MappingProxyType({}),
) -> int:
    """Answers how many were new or differed; each of them has a new version, which later matches cite.

    Args:
        read_versions: see `check_read`.

    Raises:
        Invalid: a code that does not exist, or a rule that the type may not have (see Service.check).
        AgencyNotFound: save the agency first.
        NotYourAgency: the service belongs to an agency for which the caller may not write.
        VersionConflict: somebody else has changed one since it was read.
    """
    once_each((service.service_id for service in services), "service")
    for service in services:
        service.check()
    agency_ids = {service.agency_id for service in services}
    await check_keeps(tx, stores, agency_ids)
    if agency_ids - await stores.agencies.known(tx, agency_ids):
        raise AgencyNotFound("There is no such agency; save the agency first.")
    owners = await stores.services.owners(tx, [service.service_id for service in services])
    if any(
        service.service_id in owners and owners[service.service_id].agency_id != service.agency_id
        for service in services
    ):
        raise NotYourAgency("A service stays with the agency that first saved it.")
    now = await tx.now()
    saved = await stores.services.save(tx, services, tx.caller.principal_id, now)
    check_read(((row.service_id, row.version) for row in saved), read_versions)
    for row in saved:
        tx.publish(ServiceSaved(row.agency_id, row.service_id, row.service_type, row.version))
    await stores.deadlines.directory_changed(tx, {row.service_type for row in saved}, now)
    await stores.deadlines.places_freed(
        tx, [UnitId(row.service_id) for row in saved if row.is_newly_declared and row.version > 1], now
    )
    return len(saved)
