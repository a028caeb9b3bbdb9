"""What time does: reminders, expiry, and the person's clock, by the database's time alone."""

import asyncio

import pytest

from kem.referral.v1 import referral_service_pb2 as rpc
from services.referral.domain.offer import OfferAlreadyAnswered
from tests.integration.chassis.waiting import until
from tests.support.referral_life import DESK, Life, member
from tests.support.saved_directory import WORKER

pytestmark = pytest.mark.asyncio
URGENT, EMERGENCY = 2, 1


async def test_an_offer_that_nobody_answers_goes_to_the_next(life: Life) -> None:
    need = await life.one(urgency=URGENT)
    first = life.offer_to(need)
    life.let_pass(hours=25)
    await life.work_off()
    assert life.offer(need, 1)["state"] == "EXPIRED"
    assert life.state(need) == "OFFERED"
    assert life.offer_to(need) != first
    assert "offer_expired" in life.told(need)


async def test_an_agency_is_reminded_at_half_and_at_four_fifths_of_its_time(life: Life) -> None:
    need = await life.one(urgency=URGENT)
    life.let_pass(hours=11)
    await life.work_off()
    assert life.told(need) == ["referral_offered"]
    life.let_pass(hours=2)
    await life.work_off()
    life.let_pass(hours=7)
    await life.work_off()
    stages = [event.offer_reminder_due.stage for event in life.facts(need)[1:]]
    assert stages == ["HALF", "FOUR_FIFTHS"]


async def test_an_emergency_that_nobody_opens_says_call_now(life: Life) -> None:
    await life.open_day_and_night()
    need = await life.one(urgency=EMERGENCY)
    life.let_pass(minutes=31)
    await life.work_off()
    assert life.told(need)[-1] == "offer_unacknowledged"
    asked = member(life.offer_to(need))
    for who, phone in ((DESK, "210 0000000"), (asked, "")):
        seen = await life.call(who, "GetReferral", referral_id=need.referral_id)
        assert [offer.duty_phone for offer in seen.referral.offers] == [phone]
    assert await _phones_in_lists(life) == ["210 0000000", "210 0000000"]
    await life.call(asked, "AcknowledgeOffer", offer_id=life.offer(need)["offer_id"])
    seen = await life.call(DESK, "GetReferral", referral_id=need.referral_id)
    assert seen.referral.offers[0].duty_phone == ""
    assert await _phones_in_lists(life) == ["", ""]


async def _phones_in_lists(life: Life) -> list[str]:
    """Whom to call, as all that was sent says it, and what presses."""
    sent = await life.call(DESK, "ListReferrals", view=rpc.REFERRAL_VIEW_SENT)
    pressing = await life.call(DESK, "ListPressing", all_sent=True)
    found = [*sent.referrals, *(one for group in pressing.groups for one in group.referrals)]
    return [offer.duty_phone for one in found for offer in one.offers]


async def test_an_emergency_that_somebody_has_opened_raises_no_alarm(life: Life) -> None:
    await life.open_day_and_night()
    need = await life.one(urgency=EMERGENCY)
    offer_id = life.offer(need)["offer_id"]
    await life.call(member(life.offer_to(need)), "AcknowledgeOffer", offer_id=offer_id)
    life.let_pass(minutes=65)
    await life.work_off()
    stages = [event.offer_reminder_due.stage for event in life.facts(need)[2:]]
    assert stages == ["HALF"]


async def test_an_answered_offer_is_neither_reminded_nor_expired(life: Life) -> None:
    need = await life.one(urgency=URGENT)
    await life.call(member(life.offer_to(need)), "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    life.let_pass(days=30)
    await life.work_off()
    assert life.told(need) == ["referral_offered", "referral_accepted"]


async def test_an_answer_after_the_end_is_refused_even_before_a_timer_has_looked(life: Life) -> None:
    need = await life.one(urgency=URGENT)
    life.let_pass(hours=25)
    with pytest.raises(OfferAlreadyAnswered) as refused:
        await life.call(member(life.offer_to(need)), "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    assert refused.value.metadata["offer_state"] == "EXPIRED"


async def test_the_persons_clock_ends_with_the_last_offer_and_the_person_decides(life: Life) -> None:
    need = await life.one(urgency=URGENT)
    for _ in range(2):
        life.let_pass(hours=25)
        await life.work_off()
    # 22 of the person's 72 hours are left, so the third offer ends with them
    life.let_pass(hours=23)
    await life.work_off()
    assert life.state(need) == "AWAITING_PERSON"
    told = life.told(need)
    assert told[-2:] == ["referral_awaiting_person", "person_clock_ended"]
    assert life.facts(need)[-2].referral_awaiting_person.cause == "PERSON_CLOCK_ENDED"
    life.let_pass(hours=99)
    await life.work_off()
    assert life.told(need).count("person_clock_ended") == 1


async def test_a_clock_that_ends_while_the_person_waits_is_told_and_they_go_on_waiting(life: Life) -> None:
    await life.declare(*[(number, 0) for number in (2, 3)], (1, 1))
    first, second = await life.one(urgency=URGENT), await life.one(urgency=URGENT)
    assert (life.state(first), life.state(second)) == ("OFFERED", "WAITLISTED")
    await life.call(member(1), "AcceptOffer", offer_id=life.offer(first)["offer_id"])
    life.let_pass(hours=73)
    await life.work_off()
    assert life.state(second) == "WAITLISTED"
    assert life.told(second)[-1] == "person_clock_ended"


async def test_an_acceptance_racing_its_own_expiry_and_the_next_offer_has_one_outcome(life: Life) -> None:
    outcomes = set()
    # the first is over before it is accepted and the last is not, however slow the machine is
    for left_milliseconds in (0, 4, 8, 12, 16, 20, 24, 60_000):
        need = await life.one(urgency=URGENT)
        agency, offer_id = life.offer_to(need), life.offer(need)["offer_id"]
        life.superuser.execute(
            "update offer set respond_by_time ="
            f" clock_timestamp() + interval '{left_milliseconds} milliseconds' where offer_id = '{offer_id}';"
            f"update deadline set due_time = clock_timestamp() where offer_id = '{offer_id}'"
        )
        answers = await asyncio.gather(
            life.call(member(agency), "AcceptOffer", offer_id=offer_id),
            life.work_off(),
            life.work_off(),
            return_exceptions=True,
        )
        await life.work_off()
        accepted = not isinstance(answers[0], Exception)
        if not accepted:
            assert isinstance(answers[0], OfferAlreadyAnswered)
        assert life.offer(need, 1)["state"] == ("ACCEPTED" if accepted else "EXPIRED")
        assert life.state(need) == ("ACCEPTED" if accepted else "OFFERED")
        outcomes.add(accepted)
        life.superuser.execute("update capacity set places = 99")
    assert outcomes == {True, False}


async def test_an_answer_that_waited_for_a_lock_past_the_end_of_its_time_is_refused(life: Life) -> None:
    need = await life.one(urgency=URGENT)
    offer_id, agency = life.offer(need)["offer_id"], life.offer_to(need)
    life.superuser.execute(
        "update offer set respond_by_time = clock_timestamp() + interval '1 second'"
        f" where offer_id = '{offer_id}'"
    )
    async with life.directory.worker.transaction(WORKER) as tx:
        await life.stores.referrals.lock_all(tx, [need.referral_id])
        answering = asyncio.ensure_future(life.call(member(agency), "AcceptOffer", offer_id=offer_id))
        await until(lambda: life.rows("select 1 from pg_stat_activity where wait_event_type = 'Lock'"))
        await until(lambda: life.rows("select 1 from offer where respond_by_time < clock_timestamp()"))
        assert not answering.done()
    with pytest.raises(OfferAlreadyAnswered) as refused:
        await answering
    assert refused.value.metadata["offer_state"] == "EXPIRED"


async def test_a_referral_that_somebody_holds_stops_no_other_clock(life: Life) -> None:
    held, other = await life.one(urgency=URGENT), await life.one(urgency=URGENT)
    life.let_pass(hours=25)
    async with life.directory.worker.transaction(WORKER) as holding:
        await life.stores.referrals.lock_all(holding, [held.referral_id])
        async with asyncio.timeout(10), life.directory.worker.transaction(WORKER) as tx:
            await life.due.take(tx)
        states = [life.offer(need, 1)["state"] for need in (held, other)]
        assert states == ["SENT", "EXPIRED"]
    await life.work_off()
    assert life.offer(held, 1)["state"] == "EXPIRED"


async def test_two_workers_never_do_the_same_thing_twice(life: Life) -> None:
    life.superuser.execute("update capacity set places = 99")
    needs = await life.record(*[life.need(urgency=URGENT) for _ in range(30)])
    life.let_pass(hours=25)
    await asyncio.gather(life.work_off(), life.work_off(), life.work_off())
    for need in needs:
        assert life.told(need).count("offer_expired") == 1
        assert life.state(need) == "OFFERED"
