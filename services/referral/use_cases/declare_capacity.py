"""Declares how many places units have; the same number again says that it is still true."""

from collections.abc import Iterable, Mapping
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
    """Declares one unit; raises as `declare_capacities` does."""
    return (await declare_capacities({unit_id: capacity}, tx, stores))[unit_id]


async def declare_capacities(
    declared: Mapping[UnitId, DeclaredCapacity], tx: Transaction, stores: DirectoryStores
) -> dict[UnitId, Declared]:
    """Declares all of the units, or none.

    Fewer than are taken is allowed: nobody loses a place, no new offers go out until places free.

    Raises:
        UnitNotFound: no such unit, or the caller may not declare for it (told apart nowhere).
        UnitClosed: nothing can be offered there any more.
    """
    before = await stores.capacity.lock_all(tx, declared)
    if before.keys() != declared.keys() or not await _may_declare(before.values(), tx, stores):
        raise UnitNotFound("There is no such unit of capacity among those that you keep.")
    if not all(row.is_current for row in before.values()):
        raise UnitClosed("The activity is over, or the service has activities: declare places for those.")
    now = await tx.now()
    await stores.capacity.declare(tx, declared, now)
    types = await stores.services.types_of(tx, {row.service_id for row in before.values()})
    answers: dict[UnitId, Declared] = {}
    newly_waited_for: set[str] = set()
    for unit_id, row in before.items():
        capacity, service_type = declared[unit_id], types[row.service_id]
        places = None if capacity.kind is CapacityKind.UNLIMITED else capacity.places
        tx.publish(
            CapacityDeclared(row.agency_id, row.service_id, service_type, unit_id, places, row.version + 1)
        )
        answers[unit_id] = _stands(places, row)
        if answers[unit_id].free_places != 0 and not row.places.can_be_waited_for:
            newly_waited_for.add(service_type)
    # whoever waits for a place is woken, and whoever found none at all
    freed = [unit_id for unit_id, one in answers.items() if one.free_places != 0]
    if freed:
        await stores.deadlines.places_freed(tx, freed, now)
    if newly_waited_for:
        await stores.deadlines.directory_changed(tx, newly_waited_for, now)
    return answers


def _stands(places: int | None, before: CapacityRow) -> Declared:
    if places is None:
        return Declared(None, False)
    left = places - before.reserved - before.occupied
    return Declared(max(left, 0), left < 0)


async def _may_declare(rows: Iterable[CapacityRow], tx: Transaction, stores: DirectoryStores) -> bool:
    try:
        await check_keeps(tx, stores, {row.agency_id for row in rows})
    except NotYourAgency:
        return False
    return True
