"""Waiting lists are ordered by urgency, published group and waiting time, and say why."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from kernel.codes import Urgency
from kernel.ids import ReferralId, UnitId
from services.referral.domain.waitlist import Waiting, in_order
from tests.support.directory import agency_id, service_id
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, Life, member
from tests.support.saved_directory import WORKER

pytestmark = pytest.mark.asyncio
BEGIN = datetime.now(UTC) - timedelta(hours=6)


async def one_place(life: Life) -> Need:
    """One service with one place, and who has it."""
    await life.declare((1, 1), (2, 0), (3, 0))
    return await life.one()


async def waits(life: Life, minute: int, group: int, **profile: Any) -> Need:
    """Somebody of a group who comes when every place is taken."""
    need = life.need(priority_group=group, **profile)
    await life.hear(life.recorded(need, recorded_time=BEGIN + timedelta(minutes=minute)))
    await life.work_off()
    assert life.state(need) == "WAITLISTED"
    return need


async def frees(life: Life, holder: Need) -> None:
    """Whoever had the place gives it back."""
    await life.call(DESK, "CancelReferral", referral_id=holder.referral_id, reason="DUPLICATE")
    await life.work_off()


async def place_of(life: Life, need: Need) -> Any:
    seen = (await life.call(DESK, "GetReferral", referral_id=need.referral_id)).referral
    assert seen.waiting_position == seen.waiting_place.position
    return seen.waiting_place


async def test_an_earlier_group_goes_before_who_has_waited_longer_and_after_who_is_more_urgent(
    life: Life,
) -> None:
    holder = await one_place(life)
    longest = await waits(life, 1, group=4)
    second = await waits(life, 2, group=2)
    first = await waits(life, 3, group=1)
    urgent = await waits(life, 4, group=4, urgency=2)
    also_second = await waits(life, 5, group=2)
    for expected in (urgent, first, second, also_second, longest):
        await frees(life, holder)
        assert life.state(expected) == "OFFERED"
        holder = expected


async def test_a_place_is_explained_to_the_sender_in_greek_and_english(life: Life) -> None:
    await one_place(life)
    await waits(life, 1, group=2, urgency=2)
    await waits(life, 2, group=1)
    await waits(life, 3, group=2)
    need = await waits(life, 4, group=2)
    await waits(life, 5, group=2)
    place = await place_of(life, need)
    assert (place.position, place.waiting, place.priority_group) == (4, 5, 2)
    assert (place.more_urgent, place.earlier_group, place.waiting_longer) == (1, 1, 1)
    assert place.since_time.ToDatetime(tzinfo=UTC) == BEGIN + timedelta(minutes=4)
    assert place.text_en.startswith("Number 4 of 5 on the waiting list.")
    assert "group 2/4 (Disability" in place.text_en
    assert place.text_el.startswith("Θέση 4 από 5 στη λίστα αναμονής.")
    listed = (await life.call(DESK, "ListReferrals", view=1, state=4)).referrals
    assert next(one for one in listed if one.referral_id == str(need.referral_id)).waiting_place == place


async def test_what_an_agency_sees_tells_no_group_and_no_place(life: Life) -> None:
    need = await life.one(permitted_agency_ids=[str(agency_id(1))], priority_group=1)
    for look in ("offered", "waiting"):
        if look == "waiting":
            await life.call(member(1), "WaitlistOffer", offer_id=life.offer(need)["offer_id"])
            await life.declare((1, 4))
            await life.work_off()
        seen = (await life.call(member(1), "GetReferral", referral_id=need.referral_id)).referral
        assert not seen.HasField("waiting_place")
        assert not seen.HasField("waiting_position")
        assert "group" not in str(seen)


async def test_whoever_an_agency_puts_on_its_list_stands_there_by_their_group(life: Life) -> None:
    waiting = []
    for group in (4, 2):
        need = await life.one(permitted_agency_ids=[str(agency_id(1))], priority_group=group)
        said = await life.call(member(1), "WaitlistOffer", offer_id=life.offer(need)["offer_id"])
        assert said.waiting_position == 1  # the second passes the first
        waiting.append(need)
    assert [(await place_of(life, need)).earlier_group for need in waiting] == [1, 0]


async def test_a_group_that_changes_with_the_profile_changes_the_place(life: Life) -> None:
    holder = await one_place(life)
    first = await waits(life, 1, group=4)
    second = await waits(life, 2, group=4)
    life.change(second, priority_group=1)
    await life.hear(life.profile_changed(second))
    assert (await place_of(life, second)).position == 1  # at once, before any timer
    await life.work_off()
    life.change(first, priority_group=3)
    await life.hear(life.profile_changed(first))
    await life.work_off()
    assert (await place_of(life, first)).text_en.count("group 3/4") == 1
    await frees(life, holder)
    assert (life.state(second), life.state(first)) == ("OFFERED", "WAITLISTED")


async def test_a_group_that_time_alone_has_ended_gives_no_turn(life: Life) -> None:
    """A birthday tells nobody: intake is asked before the offer, and then the line is looked at again."""
    holder = await one_place(life)
    came_of_age = await waits(life, 5, group=1)
    waited_longer = await waits(life, 1, group=4)
    life.change(came_of_age, priority_group=4)
    await frees(life, holder)
    assert (life.state(waited_longer), life.state(came_of_age)) == ("OFFERED", "WAITLISTED")
    await frees(life, waited_longer)
    assert life.state(came_of_age) == "OFFERED"


@pytest.mark.parametrize(("group", "new_one_goes_first"), [(1, True), (2, False), (3, False)])
async def test_a_new_need_passes_those_who_wait_only_if_its_group_comes_before_theirs(
    life: Life, group: int, new_one_goes_first: bool
) -> None:
    holder = await one_place(life)
    waiting = await waits(life, 1, group=2)
    await life.call(DESK, "CancelReferral", referral_id=holder.referral_id, reason="DUPLICATE")
    late = await life.one(priority_group=group)  # before any timer has looked
    assert life.state(late) == ("OFFERED" if new_one_goes_first else "WAITLISTED")
    await life.work_off()
    assert life.state(waiting) == ("WAITLISTED" if new_one_goes_first else "OFFERED")


async def test_within_one_batch_places_go_to_the_earlier_group(life: Life) -> None:
    await life.declare((1, 1), (2, 0), (3, 0))
    later, earlier = life.need(priority_group=4), life.need(priority_group=3)
    await life.hear(
        life.recorded(later, recorded_time=BEGIN),
        life.recorded(earlier, recorded_time=BEGIN + timedelta(minutes=1)),
    )
    assert (life.state(earlier), life.state(later)) == ("OFFERED", "WAITLISTED")


async def test_an_intake_that_tells_no_group_puts_everybody_last(life: Life) -> None:
    await one_place(life)
    need = await waits(life, 1, group=0)
    assert (await place_of(life, need)).priority_group == 4


async def test_a_choice_of_the_person_keeps_the_group_that_intake_says_now(life: Life) -> None:
    await life.declare((1, 1), (2, 1))
    for number in (1, 2):
        await life.one(permitted_agency_ids=[str(agency_id(number))])
    need = await waits(life, 1, group=4, permitted_agency_ids=[str(agency_id(1)), str(agency_id(2))])
    life.change(need, priority_group=2)
    services = [str(service_id(number)) for number in (2, 1)]
    await life.call(DESK, "OfferTo", referral_id=need.referral_id, service_ids=services)
    assert life.rows("select distinct priority_group from waitlist_entry") == [["2"]]


@pytest.mark.parametrize("seed", range(5))
async def test_the_places_that_are_told_are_those_of_the_domains_order(life: Life, seed: int) -> None:
    """Three long lists at random, each person on one or more of them."""
    chance = random.Random(seed)
    units = [UnitId(uuid4()) for _ in range(3)]
    people = [ReferralId(uuid4()) for _ in range(40)]
    on_lists: dict[UnitId, list[Waiting]] = {unit: [] for unit in units}
    for person in people:
        urgency, group = chance.choice(list(Urgency)), chance.randint(1, 4)
        since = BEGIN + timedelta(minutes=chance.randint(0, 9))
        for unit in chance.sample(units, chance.randint(1, 3)):
            on_lists[unit].append(Waiting(person, unit, urgency, since, group))
    everybody = [one for waiting in on_lists.values() for one in waiting]
    rows = ", ".join(
        f"('{one.unit_id}', '{one.referral_id}', '{uuid4()}', '{uuid4()}', '{one.urgency}',"
        f" {one.priority_group}, '{one.since_time.isoformat()}')"
        for one in everybody
    )
    life.superuser.execute(
        "set session_replication_role = replica; insert into waitlist_entry"
        " (unit_id, referral_id, service_id, agency_id, urgency, priority_group, since_time)"
        f" values {rows}; reset session_replication_role"
    )
    async with life.directory.worker.transaction(WORKER) as tx:
        told = await life.stores.waitlist.places(tx, people)
        counts = await life.stores.waitlist.counts(tx, units)
    for person in people:
        best = min(
            (position, str(unit), unit)
            for unit, waiting in on_lists.items()
            for position, one in enumerate(in_order(waiting), start=1)
            if one.referral_id == person
        )
        line = in_order(on_lists[best[2]])
        own, ahead = line[best[0] - 1], line[: best[0] - 1]
        place = told[person]
        assert (place.position, place.waiting) == (best[0], len(line))
        assert place.more_urgent == sum(one.order[0][0] < own.order[0][0] for one in ahead)
        assert place.earlier_group == sum(
            one.urgency == own.urgency and one.priority_group < own.priority_group for one in ahead
        )
        assert place.more_urgent + place.earlier_group + place.waiting_longer == place.position - 1
    for unit, waiting in on_lists.items():
        assert sum(counts.get(unit, {}).values()) == len(waiting)
    life.superuser.execute("delete from waitlist_entry")
