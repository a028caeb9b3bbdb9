"""Saves activities of the caller's services; keepers save any agency's."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import Invalid
from kernel.ids import UnitId
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.domain.directory import (
    Activity,
    NotYourAgency,
    ServiceNotFound,
    check_read,
    once_each,
)
from services.referral.use_cases.directory_keeping import check_keeps


async def save_activities(
    activities: Sequence[Activity],
    tx: Transaction,
    stores: DirectoryStores,
    read_versions: Mapping[UUID, int] = MappingProxyType({}),
) -> int:
    """Answers how many were new or differed. From its first activity on, a service has no places of its own.

    Args:
        read_versions: see `check_read`.

    Raises:
        Invalid: ACTIVITY_TIMES_INVALID, NAMED_TWICE, or ACTIVITY_OF_ANOTHER_SERVICE.
        ServiceNotFound: no such service, or the caller may not write for it.
        VersionConflict: somebody else has changed one since it was read.
    """
    once_each((activity.activity_id for activity in activities), "activity")
    for activity in activities:
        activity.check()
    service_ids = {activity.service_id for activity in activities}
    units = await stores.services.owners(
        tx, [*service_ids, *(activity.activity_id for activity in activities)]
    )
    owners = {
        service_id: units[service_id].agency_id
        for service_id in service_ids
        if service_id in units and units[service_id].service_id == service_id
    }
    if service_ids - owners.keys():
        raise ServiceNotFound("There is no such service among those that you keep.")
    try:
        await check_keeps(tx, stores, set(owners.values()))
    except NotYourAgency:
        raise ServiceNotFound("There is no such service among those that you keep.") from None
    for activity in activities:
        known = units.get(activity.activity_id)
        if known is not None and known.service_id != activity.service_id:
            raise Invalid(
                "An activity stays with the service for which it was first saved.",
                reason="ACTIVITY_OF_ANOTHER_SERVICE",
                activity_id=str(activity.activity_id),
            )
    now = await tx.now()
    saved = await stores.activities.save(tx, activities, owners, now)
    check_read(((fact.activity_id, fact.version) for fact in saved), read_versions)
    for fact in saved:
        tx.publish(fact)
    ends = {activity.activity_id: activity.end_time for activity in activities}
    await stores.deadlines.units_close(
        tx,
        [
            *((UnitId(fact.activity_id), max(now, ends[fact.activity_id])) for fact in saved),
            *((UnitId(service_id), now) for service_id in {fact.service_id for fact in saved}),
        ],
    )
    await stores.deadlines.directory_changed(tx, {fact.service_type for fact in saved}, now)
    await stores.deadlines.places_freed(
        tx, [UnitId(fact.activity_id) for fact in saved if fact.version > 1], now
    )
    return len(saved)
