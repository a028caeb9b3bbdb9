"""However many places one transaction takes and gives back, no two wait for each other."""

import asyncio

import pytest

from kernel.ids import UnitId
from tests.integration.chassis.waiting import until
from tests.support.directory import agency_id, service_id
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, Life, member
from tests.support.saved_directory import WORKER

pytestmark = pytest.mark.asyncio
ROUNDS = 8
SOMEBODY_WAITS = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"


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


async def test_an_offer_that_is_put_while_a_cancellation_waits_is_taken_back_by_it(life: Life) -> None:
    need = await life.one()
    first = life.offer(need)["offer_id"]
    await life.call(member(life.offer_to(need)), "DeclineOffer", offer_id=first, reason="OUTSIDE_AREA")
    await life.due.prepare()
    async with life.directory.worker.transaction(WORKER) as tx:
        await life.due.take(tx)
        cancelling = asyncio.ensure_future(
            life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
        )
        await until(lambda: life.rows(SOMEBODY_WAITS))
    await cancelling
    assert life.state(need) == "CANCELLED"
    assert (life.offer(need)["number"], life.offer(need)["state"]) == ("2", "REVOKED")
    assert life.told(need)[-3:] == ["referral_offered", "offer_revoked", "referral_cancelled"]


async def test_what_is_noted_on_an_offer_while_its_answer_waits_is_not_lost(life: Life) -> None:
    need = await life.one()
    offer_id, agency = life.offer(need)["offer_id"], life.offer_to(need)
    async with life.directory.worker.transaction(WORKER) as tx:
        await tx.connection.execute(
            "update offer set delivered_time = clock_timestamp() where offer_id = $1::text::uuid", offer_id
        )
        answering = asyncio.ensure_future(life.call(member(agency), "AcceptOffer", offer_id=offer_id))
        await until(lambda: life.rows(SOMEBODY_WAITS))
    accepted = await answering
    kept = "state, delivered_time is not null, answered_time > delivered_time"
    assert life.rows(f"select {kept} from offer") == [["ACCEPTED", "True", "True"]]
    assert accepted.accepted_time.ToJsonString()
