"""What comes by Kafka: in batches, perhaps twice, and answered in the same commit."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from chassis import topics
from chassis.batch_reader import NewerThanReader, PoisonEvent
from chassis.events import IncomingEvent
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kem.notifications.v1.notifications_events_pb2 import DeliveriesAcknowledged, NotificationsEvent
from kernel.ids import RecipientId, agency_inbox, desk_inbox
from tests.support.directory import agency_id
from tests.support.intake_double import event_of
from tests.support.referral_life import DESK, KEM, Life, member

pytestmark = pytest.mark.asyncio


async def test_the_same_event_twice_makes_one_referral(life: Life) -> None:
    event = life.recorded(life.need())
    await life.hear(event)
    await life.hear(event)
    await life.hear(event, event)
    assert life.states() == {"OFFERED": 1}


async def test_a_whole_batch_is_one_commit(life: Life) -> None:
    life.superuser.execute("update capacity set places = 500")
    needs = [life.need() for _ in range(200)]
    await life.hear(*[life.recorded(need) for need in needs])
    assert life.states() == {"OFFERED": 200}
    assert life.rows("select count(distinct xmin::text) from referral") == [["1"]]


async def test_a_need_that_intake_does_not_know_is_set_aside_alone(life: Life) -> None:
    known, unknown = life.need(), life.need()
    del life.intake.profiles[unknown.need_id]
    life.intake.profiles.setdefault(unknown.need_id, life.profile(unknown, state=4))
    event = life.recorded(unknown)
    with pytest.raises(PoisonEvent) as poison:
        await life.hear(life.recorded(known), event)
    assert (poison.value.event_id, poison.value.reason) == (event.event_id, "UNKNOWN_NEED")


async def test_an_event_newer_than_this_version_is_parked(life: Life) -> None:
    with pytest.raises(NewerThanReader):
        await life.hear(event_of(KEM, IntakeEvent()))


async def test_delivered_is_what_the_agencys_client_says_not_the_senders(life: Life) -> None:
    need = await life.one()
    agency = agency_id(life.offer_to(need))
    for recipient in (desk_inbox(KEM), desk_inbox(agency), agency_inbox(KEM)):
        await life.hear(acknowledged(recipient, life.offer(need)["offer_id"]))
    assert life.rows("select delivered_time from offer") == [[""]]
    await life.hear(acknowledged(agency_inbox(agency), life.offer(need)["offer_id"]))
    [[first]] = life.rows("select delivered_time from offer")
    assert first
    await life.hear(acknowledged(agency_inbox(agency), life.offer(need)["offer_id"]))
    assert life.rows("select delivered_time from offer") == [[first]]
    seen = await life.call(DESK, "GetReferral", referral_id=need.referral_id)
    assert seen.referral.offers[0].HasField("delivered_time")


def acknowledged(recipient: RecipientId, offer_id: str) -> IncomingEvent:
    fact = DeliveriesAcknowledged(
        recipient_id=str(recipient), from_sequence=1, to_sequence=1, offer_ids=[offer_id]
    )
    return event_of(recipient, NotificationsEvent(deliveries_acknowledged=fact), topics.NOTIFICATIONS)


async def test_a_need_recorded_long_ago_is_offered_all_the_same(life: Life) -> None:
    need = await life.one(recorded_time=datetime(2026, 1, 1, tzinfo=UTC))
    assert life.state(need) == "OFFERED"
    await life.work_off()
    assert life.told(need) == ["referral_offered", "person_clock_ended"]


async def test_lists_show_each_agency_its_own(life: Life) -> None:
    needs = [await life.one() for _ in range(3)]
    await life.call(member(life.offer_to(needs[0])), "AcceptOffer", offer_id=life.offer(needs[0])["offer_id"])
    sent: list[str] = []
    token = ""
    while True:
        page = await life.call(DESK, "ListReferrals", view=1, page_size=2, page_token=token)
        sent += [one.referral_id for one in page.referrals]
        token = page.next_page_token
        if not token:
            break
    assert sent == [str(need.referral_id) for need in reversed(needs)]
    for number in (1, 2, 3):
        offered = await life.call(member(number), "ListReferrals", view=2)
        held = await life.call(member(number), "ListReferrals", view=3)
        mine = [need for need in needs if life.offer_to(need) == number]
        assert {one.referral_id for one in (*offered.referrals, *held.referrals)} == {
            str(need.referral_id) for need in mine
        }
        for one in (*offered.referrals, *held.referrals):
            assert not one.sender_agency_id
            assert not one.need_id
            assert all(offer.agency_id == str(agency_id(number)) for offer in one.offers)
        assert not (await life.call(member(number), "ListReferrals", view=1)).referrals


async def test_a_list_of_named_referrals_shows_those_of_the_view_and_no_others(life: Life) -> None:
    needs = [await life.one() for _ in range(3)]
    named = [str(one.referral_id) for one in (needs[0], needs[2])]
    page = await life.call(DESK, "ListReferrals", view=1, referral_ids=[*named, str(uuid4())])
    assert [one.referral_id for one in page.referrals] == named[::-1]
    other = next(number for number in (1, 2, 3) if life.offer_to(needs[0]) != number)
    assert not (await life.call(member(other), "ListReferrals", view=1, referral_ids=named)).referrals


async def test_each_read_of_a_case_goes_on_record(life: Life) -> None:
    need = await life.one()
    await life.call(DESK, "GetReferral", referral_id=need.referral_id)
    await life.call(member(life.offer_to(need)), "GetReferral", referral_id=need.referral_id)
    assert life.rows("select count(*) from outbox where topic = 'kem.access.v1'") == [["2"]]


async def test_the_database_itself_hides_other_agencies_rows(life: Life) -> None:
    need = await life.one()
    stranger = member(next(number for number in (1, 2, 3) if number != life.offer_to(need)))
    async with life.directory.app.transaction(stranger) as tx:
        for table in ("referral", "offer", "offer_note", "need_profile", "proposal", "gap"):
            assert await tx.connection.fetchval(f"select count(*) from {table}") == 0
