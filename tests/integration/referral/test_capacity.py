"""Places are never overbooked, come back when they are given back, and doubt about them is kept."""

import asyncio
from datetime import timedelta

from kernel.codes import CapacityKind
from kernel.ids import UnitId
from services.referral.adapters.postgres_capacity import CapacityRow
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.use_cases.declare_capacity import Declared, declare_capacity
from tests.support.directory import service, service_id
from tests.support.postgres import FreshDatabase
from tests.support.saved_directory import WORKER, SavedDirectory, member_of, open_directory

UNIT = UnitId(service_id(1))


def places(number: int) -> DeclaredCapacity:
    return DeclaredCapacity(CapacityKind.PLACES, number)


async def row(saved: SavedDirectory, unit_id: UnitId = UNIT) -> CapacityRow:
    async with saved.worker.transaction(WORKER) as tx:
        found = await saved.stores.capacity.read(tx, unit_id)
    assert found is not None
    return found


async def reserve(saved: SavedDirectory, *units: UnitId) -> dict[UnitId, int]:
    async with saved.worker.transaction(WORKER) as tx:
        return await saved.stores.capacity.reserve(tx, units)


async def declare(saved: SavedDirectory, number: int) -> Declared:
    async with saved.app.transaction(member_of(1)) as tx:
        return await declare_capacity(UNIT, places(number), tx, saved.stores)


async def test_80_at_once_on_20_places_get_20(fresh: FreshDatabase) -> None:
    async with open_directory(fresh, max_size=40) as saved:
        await saved.save(service(1, capacity=places(20)))
        granted = await asyncio.gather(*(reserve(saved, UNIT) for _ in range(80)))
        assert sum(one.get(UNIT, 0) for one in granted) == 20
        assert (await row(saved)).reserved == 20
        assert (await row(saved)).places.free_places == 0


async def test_reading_first_and_writing_then_overbooks(fresh: FreshDatabase) -> None:
    """How it must not be done: kept to show that the test before can fail."""
    async with open_directory(fresh, max_size=40) as saved:
        await saved.save(service(1, capacity=places(20)))
        has_read = asyncio.Barrier(40)

        async def take() -> bool:
            async with saved.worker.transaction(WORKER) as tx:
                free = await tx.connection.fetchval("select free from capacity where unit_id = $1", UNIT)
                await has_read.wait()
                if free > 0:
                    await tx.connection.execute(
                        "update capacity set reserved = reserved + 1 where unit_id = $1", UNIT
                    )
                return bool(free > 0)

        booked = await asyncio.gather(*(take() for _ in range(40)))
        assert sum(booked) == 40
        assert (await row(saved)).places.free_places == -20


async def test_a_batch_gets_as_many_places_as_are_free_of_each_unit(saved: SavedDirectory) -> None:
    await saved.save(
        service(1, capacity=places(2)),
        service(2, capacity=places(0)),
        service(3, capacity=DeclaredCapacity(CapacityKind.UNLIMITED, 0)),
    )
    second, third = UnitId(service_id(2)), UnitId(service_id(3))
    granted = await reserve(saved, UNIT, second, third, UNIT, third, UNIT)
    assert granted == {UNIT: 2, third: 2}
    assert (await row(saved, third)).reserved == 2


async def test_batches_in_opposite_orders_do_not_deadlock(fresh: FreshDatabase) -> None:
    async with open_directory(fresh, max_size=16) as saved:
        await saved.save(*(service(number, capacity=places(30)) for number in range(1, 9)))
        units = [UnitId(service_id(number)) for number in range(1, 9)]
        orders = [units, units[::-1]] * 20
        granted = await asyncio.gather(*(reserve(saved, *order) for order in orders))
        assert sum(sum(one.values()) for one in granted) == 8 * 30


async def test_a_place_is_reserved_then_occupied_then_free_again(saved: SavedDirectory) -> None:
    await saved.save(service(1, capacity=places(3)))
    await reserve(saved, UNIT, UNIT)
    capacity = saved.stores.capacity
    async with saved.worker.transaction(WORKER) as tx:
        await capacity.accept(tx, [UNIT])
    now = await row(saved)
    assert (now.reserved, now.occupied, now.places.free_places) == (1, 1, 1)
    async with saved.worker.transaction(WORKER) as tx:
        await capacity.release_reserved(tx, [UNIT])
        await capacity.release_occupied(tx, [UNIT])
    now = await row(saved)
    assert (now.reserved, now.occupied, now.places.free_places) == (0, 0, 3)


async def test_declaring_fewer_than_are_taken_takes_no_place_away_and_stops_offers(
    saved: SavedDirectory,
) -> None:
    await saved.save(service(1, capacity=places(3)))
    await reserve(saved, UNIT, UNIT)
    assert await declare(saved, 1) == Declared(0, True)
    assert (await row(saved)).places.is_over_declared
    assert await reserve(saved, UNIT) == {}
    assert await declare(saved, 5) == Declared(3, False)


async def test_saying_the_same_number_again_makes_it_fresh(saved: SavedDirectory) -> None:
    await saved.save(service(1, capacity=places(3)))
    first = await row(saved)
    await declare(saved, 3)
    again = await row(saved)
    assert again.places.declared_time > first.places.declared_time
    assert again.version == first.version + 1


async def test_two_no_capacity_answers_outweigh_declared_places_until_they_are_declared_anew(
    saved: SavedDirectory,
) -> None:
    await saved.save(service(1, capacity=places(10)))
    await reserve(saved, UNIT, UNIT, UNIT)

    async def no_capacity() -> int | None:
        async with saved.worker.transaction(WORKER) as tx:
            await saved.stores.capacity.release_reserved(tx, [UNIT])
            return await saved.stores.capacity.observe_decline(tx, UNIT, await tx.now())

    assert not await no_capacity()
    assert await no_capacity()
    doubted = await row(saved)
    assert (doubted.places.free_places, doubted.places.is_questioned) == (0, True)
    assert await reserve(saved, UNIT) == {}
    assert (await declare(saved, 4)).free_places == 3
    assert not (await row(saved)).places.is_questioned
    assert not await no_capacity(), "what was answered before the new declaration no longer counts"


async def test_no_capacity_answers_more_than_14_days_apart_are_no_contradiction(
    saved: SavedDirectory,
) -> None:
    await saved.save(service(1, capacity=places(10)))
    async with saved.worker.transaction(WORKER) as tx:
        now = await tx.now()
        assert not await saved.stores.capacity.observe_decline(tx, UNIT, now)
        assert not await saved.stores.capacity.observe_decline(tx, UNIT, now + timedelta(days=15))
        assert await saved.stores.capacity.observe_decline(tx, UNIT, now + timedelta(days=20))


async def test_a_full_service_that_says_so_contradicts_nothing(saved: SavedDirectory) -> None:
    await saved.save(service(1, capacity=places(1)))
    await reserve(saved, UNIT)
    async with saved.worker.transaction(WORKER) as tx:
        now = await tx.now()
        for _ in range(3):
            assert not await saved.stores.capacity.observe_decline(tx, UNIT, now)
