"""The second wall: what a call sees of the directory even where a use case forgot to ask."""

import asyncio
from uuid import UUID

import pytest

from chassis.caller import Caller
from kernel.codes import CapacityKind, Listing, Role
from kernel.ids import UnitId
from services.referral.adapters.directory_sight import Sight, see
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.use_cases.suspend_service import suspend_service
from tests.integration.chassis.waiting import until
from tests.integration.referral.test_saving import activity
from tests.support.directory import agency_id, service, service_id
from tests.support.saved_directory import WORKER, SavedDirectory, caller, member_of

SEEN = """
    select (select count(*) from service), (select count(*) from service_version),
        (select count(*) from activity)
"""


async def counted(saved: SavedDirectory, by: Caller, sight: Sight | None = None) -> tuple[int, ...]:
    async with saved.app.transaction(by) as tx:
        if sight:
            await see(tx, sight)
        return tuple(await tx.connection.fetchrow(SEEN))


async def test_services_for_named_staff_do_not_exist_for_others(saved: SavedDirectory) -> None:
    await saved.save(service(1), service(2, listing=Listing.NAMED_STAFF))
    await saved.save_activities([activity(1, of=1), activity(2, of=2)])
    nobody = caller(Role.CASEWORKER)
    assert await counted(saved, member_of(1)) == (2, 2, 2)
    assert await counted(saved, member_of(2)) == (1, 1, 1)
    assert await counted(saved, nobody) == (1, 1, 1)
    assert await counted(saved, member_of(2), Sight.NAMED_STAFF) == (2, 2, 2)
    assert await counted(saved, member_of(2)) == (1, 1, 1), "the wider sight ended with its transaction"
    assert await counted(saved, WORKER) == (2, 2, 2)


@pytest.mark.parametrize("sight", [None, Sight.NAMED_STAFF])
async def test_seeing_more_does_not_allow_writing_more(saved: SavedDirectory, sight: Sight | None) -> None:
    await saved.save(service(1))
    async with saved.app.transaction(member_of(2)) as tx:
        if sight:
            await see(tx, sight)
        with pytest.raises(Exception, match="row-level security"):
            await tx.connection.execute(
                "update service set name_en = 'taken' where agency_id = $1", agency_id(1)
            )
        await tx.connection.execute("rollback")


async def test_a_suspension_waits_for_the_offer_that_is_being_made_and_counts_it(
    saved: SavedDirectory,
) -> None:
    """None slips through: after its commit every open offer of the service is there to be revoked."""
    await saved.save(service(1, capacity=DeclaredCapacity(CapacityKind.PLACES, 3)))
    unit = UnitId(service_id(1))

    async def suspend() -> int:
        async with saved.app.transaction(member_of(1)) as tx:
            return await suspend_service(service_id(1), tx, saved.stores)

    async with saved.worker.transaction(WORKER) as tx:
        assert await saved.stores.capacity.reserve(tx, [unit]) == {unit: 1}
        suspending = asyncio.create_task(suspend())
        await until(lambda: tx.connection.fetchval("select exists (select from pg_locks where not granted)"))
        assert not suspending.done()
    assert await suspending == 1
    async with saved.worker.transaction(WORKER) as tx:
        assert await saved.stores.capacity.reserve(tx, [unit, UnitId(UUID(int=1))]) == {}
