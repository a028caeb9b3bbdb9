"""Who waits, and who is next when a place frees."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from kem.directory.v1.directory_events_pb2 import DirectoryEvent
from kernel.codes import CapacityKind
from kernel.ids import ActivityId
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import Activity
from tests.support.directory import agency_id, service, service_id
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, Life, member

pytestmark = pytest.mark.asyncio
BEGIN = datetime.now(UTC) - timedelta(hours=6)


async def many(life: Life, count: int, **profile: object) -> list[Need]:
    """Needs recorded one minute after the other, heard of in batches of 20 at once."""
    needs = [life.need(**profile) for _ in range(count)]
    events = [
        life.recorded(need, recorded_time=BEGIN + timedelta(minutes=number))
        for number, need in enumerate(needs)
    ]
    await asyncio.gather(*[life.hear(*events[start : start + 20]) for start in range(0, count, 20)])
    await life.work_off()
    return needs


async def test_80_needs_on_20_places_make_20_offers_and_60_wait_who_are_all_promoted_in_order(
    life: Life,
) -> None:
    await life.declare((1, 20), (2, 0), (3, 0))
    needs = await many(life, 80)
    assert life.states() == {"OFFERED": 20, "WAITLISTED": 60}
    offered = [need for need in needs if life.state(need) == "OFFERED"]
    waiting = [need for need in needs if life.state(need) == "WAITLISTED"]
    promoted: list[Need] = []
    while waiting:
        leaving, offered = offered[:7], offered[7:]
        for need in leaving:
            await life.call(member(1), "AcceptOffer", offer_id=life.offer(need)["offer_id"])
            await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="NO_LONGER_NEEDED")
        await life.work_off()
        life.check_counters()
        now_offered = [need for need in waiting if life.state(need) == "OFFERED"]
        assert len(now_offered) == min(len(leaving), len(waiting))
        assert now_offered == waiting[: len(now_offered)]
        promoted += now_offered
        offered += now_offered
        waiting = waiting[len(now_offered) :]
    assert len(promoted) == 60
    assert life.rows("select * from waitlist_entry") == []


async def test_the_more_urgent_goes_first(life: Life) -> None:
    await life.declare((1, 1), (2, 0), (3, 0))
    [first] = await many(life, 1)
    [normal] = await many(life, 1)
    [urgent] = await many(life, 1, urgency=2)
    seen = await life.call(DESK, "GetReferral", referral_id=normal.referral_id)
    assert seen.referral.waiting_position == 2
    await life.call(DESK, "CancelReferral", referral_id=first.referral_id, reason="DUPLICATE")
    await life.work_off()
    assert (life.state(urgent), life.state(normal)) == ("OFFERED", "WAITLISTED")


async def test_a_new_need_does_not_jump_the_line_in_the_moment_a_place_frees(life: Life) -> None:
    await life.declare((1, 1), (2, 0), (3, 0))
    [first] = await many(life, 1)
    [waits] = await many(life, 1)
    await life.call(DESK, "CancelReferral", referral_id=first.referral_id, reason="DUPLICATE")
    late = await life.one()  # before any timer has looked
    assert life.state(late) == "WAITLISTED"
    await life.work_off()
    assert (life.state(waits), life.state(late)) == ("OFFERED", "WAITLISTED")


async def test_more_places_are_given_to_those_who_wait(life: Life) -> None:
    await life.declare((1, 0), (2, 0), (3, 0))
    needs = await many(life, 5)
    assert life.states() == {"UNMATCHED": 5}  # a unit that never has a place is waited for by nobody
    await life.declare((1, 2))
    await life.work_off()
    assert life.states() == {"OFFERED": 2, "WAITLISTED": 3}
    await life.declare((1, 4))
    await life.work_off()
    assert [life.state(need) for need in needs] == ["OFFERED"] * 4 + ["WAITLISTED"]


async def test_a_service_that_is_new_takes_those_who_found_nobody(life: Life) -> None:
    need = await life.one(service_type="FOOD")
    assert life.state(need) == "UNMATCHED"
    assert life.told(need) == ["referral_unmatched", "gap_recorded"]
    assert life.facts(need)[1].gap_recorded.sector == "BASIC_NEEDS"
    await life.directory.save(service(9, 1, service_type="FOOD"))
    await life.work_off()
    assert life.state(need) == "OFFERED"
    assert life.rows("select count(*) from gap") == [["1"]]  # the gap stays a fact


async def test_whoever_finds_nobody_again_makes_no_second_gap(life: Life) -> None:
    need = await life.one(service_type="FOOD")
    await life.directory.save(service(9, 1, service_type="FOOD", languages=("fra",)))
    await life.work_off()
    assert life.state(need) == "UNMATCHED"
    assert life.told(need).count("gap_recorded") == 1


async def test_a_person_who_waits_in_two_lines_leaves_both_with_an_offer(life: Life) -> None:
    await life.declare((1, 1), (2, 1), (3, 0))
    first, second = await many(life, 2)
    [waits] = await many(life, 1)
    assert len(life.rows("select * from waitlist_entry")) == 2
    for need in (first, second):
        await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
    await life.work_off()
    assert life.state(waits) == "OFFERED"
    assert life.rows("select * from waitlist_entry") == []


async def test_a_place_is_never_overbooked_however_many_come_at_once(life: Life) -> None:
    await life.declare((1, 3), (2, 2), (3, 1))
    await many(life, 60)
    assert life.states() == {"OFFERED": 6, "WAITLISTED": 54}


def course(number: int, **changes: Any) -> Activity:
    """A course of a service, with one place, that runs now."""
    now = datetime.now(UTC)
    known: dict[str, Any] = {
        "activity_id": ActivityId(uuid4()),
        "service_id": service_id(number),
        "name_el": "Μάθημα",
        "name_en": "Course",
        "start_time": now + timedelta(days=1),
        "end_time": now + timedelta(days=30),
        "capacity": DeclaredCapacity(CapacityKind.PLACES, 1),
    }
    return Activity(**(known | changes))


async def test_a_course_that_is_over_gives_back_its_offers_and_its_waiters(life: Life) -> None:
    await life.declare((2, 0), (3, 0))
    one = course(1)
    await life.directory.save_activities([one])
    asked, waits = await many(life, 2)
    assert (life.state(asked), life.state(waits)) == ("OFFERED", "WAITLISTED")
    await life.declare((2, 2))
    life.superuser.execute(
        f"update capacity set until_time = clock_timestamp() where unit_id = '{one.activity_id}';"
        f"update deadline set due_time = clock_timestamp() where unit_id = '{one.activity_id}'"
    )
    await life.work_off()
    assert (life.offer(asked, 1)["state"], life.offer(asked, 1)["reason"]) == ("REVOKED", "ACTIVITY_OVER")
    assert [(life.state(need), life.offer_to(need)) for need in (asked, waits)] == [("OFFERED", 2)] * 2


async def test_a_course_that_was_prolonged_keeps_its_offers(life: Life) -> None:
    one = course(1)
    await life.directory.save_activities([one])
    need = await life.one(permitted_agency_ids=[str(agency_id(1))])
    await life.directory.save_activities([replace(one, end_time=one.end_time + timedelta(days=9))])
    life.superuser.execute(
        "update deadline set due_time = clock_timestamp() where kind = 'UNIT_CLOSED' and deadline_id ="
        " (select min(deadline_id) from deadline where kind = 'UNIT_CLOSED')"
    )
    await life.work_off()
    assert life.offer(need)["state"] == "SENT"


async def test_whoever_waits_for_a_service_that_gets_courses_waits_for_these(life: Life) -> None:
    await life.declare((1, 1), (2, 0), (3, 0))
    asked, waits = await many(life, 2)
    await life.directory.save_activities([course(1)])
    await life.work_off()
    assert (life.offer(asked)["state"], life.state(waits)) == ("SENT", "OFFERED")


async def test_two_places_that_free_at_once_bring_two_people_an_offer(life: Life) -> None:
    await life.declare((1, 1), (2, 1), (3, 0))
    agencies = {number: [str(agency_id(number))] for number in (1, 2)}
    holders = [await life.one(permitted_agency_ids=agencies[number]) for number in (1, 2)]
    first = await life.one(permitted_agency_ids=agencies[1] + agencies[2])
    behind = {number: await life.one(permitted_agency_ids=agencies[number]) for number in (1, 2)}
    for need in holders:
        await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
    await life.work_off()
    assert life.state(first) == "OFFERED"  # first in both lines, it takes one place
    taken = life.offer_to(first)
    assert (life.state(behind[taken]), life.state(behind[3 - taken])) == ("WAITLISTED", "OFFERED")


async def test_a_row_that_cannot_be_worked_off_holds_up_nobody(life: Life) -> None:
    need = await life.one(urgency=2)
    life.superuser.execute(
        "insert into deadline (due_time, kind, offer_id, referral_id, detail) select clock_timestamp()"
        " - interval '1 day', 'OFFER', offer_id, referral_id, 'NO_SUCH_STAGE/0' from offer"
    )
    life.let_pass(hours=13)
    await life.work_off()
    assert life.told(need) == ["referral_offered", "offer_reminder_due"]
    assert life.rows("select tries from deadline where detail like 'NO_SUCH%'") == [["1"]]


async def on_the_list_of(life: Life, number: int) -> Need:
    need = await life.one(permitted_agency_ids=[str(agency_id(number))])
    await life.call(member(number), "WaitlistOffer", offer_id=life.offer(need)["offer_id"])
    return need


@pytest.mark.parametrize("end", ["referral_withdrawn", "referral_cancelled", "referral_entered_in_error"])
async def test_an_agency_that_has_the_person_on_its_list_hears_of_the_end(life: Life, end: str) -> None:
    need = await on_the_list_of(life, 1)
    if end == "referral_withdrawn":
        await life.hear(life.withdrawn(need))
    elif end == "referral_cancelled":
        await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
    else:
        await life.call(DESK, "MarkEnteredInError", referral_id=need.referral_id)
    told = getattr(life.facts(need)[-1], end)
    assert (told.agency_id, told.offer_id) == (str(agency_id(1)), life.offer(need)["offer_id"])
    assert life.offer(need)["state"] == "WAITLISTED"


async def test_an_agency_that_has_the_person_on_its_list_hears_that_another_was_asked(life: Life) -> None:
    need = await on_the_list_of(life, 1)
    waited_by = life.offer(need)["offer_id"]
    life.change(need, permitted_agency_ids=[str(agency_id(1)), str(agency_id(2))])
    await life.call(DESK, "OfferTo", referral_id=need.referral_id, service_ids=[life.service_of(2)])
    assert life.offer_to(need) == 2
    ended = [event.waiting_ended for event in life.facts(need) if event.HasField("waiting_ended")]
    assert [(one.offer_id, one.agency_id) for one in ended] == [(waited_by, str(agency_id(1)))]
    await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
    assert life.facts(need)[-1].referral_cancelled.agency_id == str(agency_id(2))


async def test_an_agency_that_asks_its_own_waiting_list_is_not_told_that_it_left(life: Life) -> None:
    need = await on_the_list_of(life, 1)
    await life.declare((1, 4))
    await life.work_off()
    assert (life.state(need), life.offer_to(need)) == ("OFFERED", 1)
    assert "waiting_ended" not in life.told(need)


async def test_an_agency_that_is_full_against_its_own_word_is_asked_to_declare_anew(life: Life) -> None:
    needs = [await life.one(permitted_agency_ids=[str(agency_id(1))]) for _ in range(3)]
    for need in needs:
        await life.call(
            member(1), "DeclineOffer", offer_id=life.offer(need)["offer_id"], reason="NO_CAPACITY"
        )
    asked = life.rows("select encode(payload, 'hex') from outbox where type = 'CapacityQuestioned'")
    assert len(asked) == 1
    event = DirectoryEvent.FromString(bytes.fromhex(asked[0][0]))
    assert event.capacity_questioned.agency_id == str(agency_id(1))
    assert event.capacity_questioned.unit_id == life.service_of(1)
    await life.declare((1, 2))
    versions = life.rows(
        "select aggregate_version from outbox where topic = 'kem.directory.v1' and aggregate_id ="
        f" '{event.aggregate_id}' order by id"
    )
    assert versions == [["2"], ["3"]]
