"""Declares how many places a unit has; the same number again says that it is still true."""

from dataclasses import dataclass

from chassis.postgres import Transaction
from kernel.codes import CapacityKind
from kernel.errors import RuleBroken
from kernel.ids import UnitId
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.postgres_capacity import CapacityRow
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import NotYourAgency, UnitNotFound
from services.referral.domain.directory_events import CapacityDeclared
from services.referral.use_cases.directory_keeping import check_keeps


class UnitClosed(RuleBroken):
    """The activity is over, or the service has activities that have places instead."""

    reason = "UNIT_CLOSED"


@dataclass(frozen=True, slots=True)
class Declared:
    """What stands now; `free_places` is None when unlimited, and never below 0."""

    free_places: int | None
    is_over_declared: bool


async def declare_capacity(
    unit_id: UnitId, capacity: DeclaredCapacity, tx: Transaction, stores: DirectoryStores
) -> Declared:
    """Fewer than are taken is allowed: nobody loses a place, no new offers go out until places free.

    Raises:
        UnitNotFound: no such unit, or the caller may not declare for it (told apart nowhere).
        UnitClosed: nothing can be offered there any more.
    """
    before = await stores.capacity.lock(tx, unit_id)
    if before is None or not await _may_declare(before, tx, stores):
        raise UnitNotFound("There is no such unit of capacity among those that you keep.")
    if not before.is_current:
        raise UnitClosed("The activity is over, or the service has activities: declare places for those.")
    now = await tx.now()
    await stores.capacity.declare(tx, unit_id, capacity, now)
    service_type = await stores.services.type_of(tx, before.service_id)
    places = None if capacity.kind is CapacityKind.UNLIMITED else capacity.places
    tx.publish(
        CapacityDeclared(
            before.agency_id, before.service_id, service_type, unit_id, places, before.version + 1
        )
    )
    if places is None:
        return await _told(Declared(None, False), before, service_type, tx, stores)
    left = places - before.reserved - before.occupied
    return await _told(Declared(max(left, 0), left < 0), before, service_type, tx, stores)


async def _told(
    declared: Declared, before: CapacityRow, service_type: str, tx: Transaction, stores: DirectoryStores
) -> Declared:
    """Wakes whoever waits for a place, and whoever found none at all."""
    if declared.free_places != 0:
        now = await tx.now()
        await stores.deadlines.places_freed(tx, [before.places.unit_id], now)
        if not before.places.can_be_waited_for:
            await stores.deadlines.directory_changed(tx, [service_type], now)
    return declared


async def _may_declare(row: CapacityRow, tx: Transaction, stores: DirectoryStores) -> bool:
    try:
        await check_keeps(tx, stores, {row.agency_id})
    except NotYourAgency:
        return False
    return True
