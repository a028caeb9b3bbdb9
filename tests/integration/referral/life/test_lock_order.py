"""However many places one transaction takes and gives back, no two wait for each other."""

import asyncio

import pytest

from kernel.ids import UnitId
from tests.support.directory import agency_id, service_id
from tests.support.referral_life import DESK, Life, Need
from tests.support.saved_directory import WORKER

pytestmark = pytest.mark.asyncio
ROUNDS = 8


async def only_to(life: Life, number: int) -> Need:
    return await life.one(permitted_agency_ids=[str(agency_id(number))])


async def test_withdrawals_in_any_order_and_expiries_at_once_never_wait_for_each_other(life: Life) -> None:
    for _ in range(ROUNDS):
        withdrawn = [await only_to(life, number) for number in (2, 1)]
        expiring = [await only_to(life, number) for number in (1, 2)]
        new = life.need(permitted_agency_ids=[str(agency_id(1))])
        changed = await only_to(life, 3)
        life.change(changed, permitted_agency_ids=[])
        for need in expiring:
            life.superuser.execute(
                "update offer set offered_time = offered_time - interval '30 days',"
                " window_start_time = window_start_time - interval '30 days',"
                f" respond_by_time = clock_timestamp() where referral_id = '{need.referral_id}';"
                "update deadline set due_time = clock_timestamp()"
                f" where referral_id = '{need.referral_id}' and detail = 'END'"
            )

        async def expire() -> None:
            async with life.directory.worker.transaction(WORKER) as tx:
                await life.due.take(tx)

        events = [life.profile_changed(changed), *map(life.withdrawn, withdrawn), life.recorded(new)]
        await asyncio.gather(life.hear(*events), expire())
        await life.work_off()
        for need in (*expiring, new, changed):
            await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
        await life.work_off()


async def test_whoever_holds_a_place_does_not_wait_for_another(life: Life) -> None:
    mine, theirs = (UnitId(service_id(number)) for number in (2, 1))
    worker, capacity = life.directory.worker, life.stores.capacity
    async with worker.transaction(WORKER) as other, worker.transaction(WORKER) as tx:
        await capacity.lock_units(other, [theirs])
        await capacity.lock_units(tx, [mine])
        assert await capacity.reserve(tx, [mine, theirs], waiting=False) == {mine: 1}
        await capacity.release_reserved(tx, [mine])
