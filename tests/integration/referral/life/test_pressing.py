"""What presses among the referrals that an agency sent: by which reason, in which order, and for whom."""

from typing import Any
from uuid import uuid4

import pytest

from chassis.caller import Caller
from kem.access.v1.access_events_pb2 import AccessEvent
from kem.common.v1 import common_pb2 as common
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.codes import Role
from kernel.errors import NotPermitted
from services.referral.adapters.postgres_pressing import LATEST_SENT
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, KEM, Life, member
from tests.support.saved_directory import caller

pytestmark = pytest.mark.asyncio

FOCAL_POINT = caller(Role.GBV_FOCAL_POINT, agency=KEM)
Found = dict[str, tuple[int, list[str]]]


async def pressing(life: Life, who: Caller = DESK, **asked: Any) -> Found:
    """By reason how many there are, and which come first; of all that was sent unless some are named."""
    page = await life.call(who, "ListPressing", **(asked or {"all_sent": True}))
    return {
        rpc.Pressing.Name(group.pressing).removeprefix("PRESSING_"): (
            group.count,
            [one.referral_id for one in group.referrals],
        )
        for group in page.groups
    }


def ids(*needs: Need) -> list[str]:
    return [str(need.referral_id) for need in needs]


async def asked_about(life: Life, need: Need) -> None:
    who = member(life.offer_to(need))
    await life.call(who, "RequestInformation", offer_id=life.offer(need)["offer_id"], question="Until when?")


async def test_each_stands_once_where_it_is_most_pressing(life: Life) -> None:
    await life.open_day_and_night()
    unopened = await life.one(urgency=common.URGENCY_EMERGENCY)
    question = await life.one()
    await asked_about(life, question)
    choice = await life.one(routing="ASK_FIRST")
    offered = await life.one()
    assert await pressing(life) == {
        "CALL": (1, ids(unopened)),
        "QUESTION": (1, ids(question)),
        "CHOICE": (1, ids(choice)),
        "MOVED": (1, ids(offered)),
    }
    who = member(life.offer_to(unopened))
    await life.call(who, "AcknowledgeOffer", offer_id=life.offer(unopened)["offer_id"])
    opened = await pressing(life)
    assert "CALL" not in opened, "somebody there knows of it"
    assert set(opened["MOVED"][1]) == set(ids(unopened, offered))


async def test_what_is_overdue_is_there_however_much_was_sent_since(life: Life) -> None:
    longest, late = await life.one(), await life.one()
    for need, days in ((late, 1), (longest, 2)):
        life.superuser.execute(
            f"update referral set person_due_time = clock_timestamp() - interval '{days} days'"
            f" where referral_id = '{need.referral_id}'"
        )
    await life.record(*[life.need() for _ in range(LATEST_SENT)])
    found = await pressing(life)
    assert found["OVERDUE"] == (2, ids(longest, late)), "what was due first comes first"
    assert found["MOVED"][0] == LATEST_SENT


async def test_what_was_answered_or_has_ended_is_not_overdue(life: Life) -> None:
    taken, ended = await life.one(), await life.one(routing="ASK_FIRST")
    await life.call(member(life.offer_to(taken)), "AcceptOffer", offer_id=life.offer(taken)["offer_id"])
    await life.call(DESK, "CancelReferral", referral_id=ended.referral_id, reason="NO_LONGER_NEEDED")
    life.let_pass(days=60)
    life.superuser.execute("update referral set closed_time = closed_time - interval '60 days'")
    assert await pressing(life) == {}, "and it is long since either has moved"


async def test_a_page_has_the_first_of_each_and_one_group_is_shown_longer(life: Life) -> None:
    needs = await life.record(*[life.need() for _ in range(4)])
    later = await life.record(*[life.need() for _ in range(4)], routing="ASK_FIRST")
    found = await pressing(life, all_sent=True, page_size=2, longer=rpc.PRESSING_CHOICE)
    assert (found["MOVED"][0], len(found["MOVED"][1])) == (4, 2)
    assert (found["CHOICE"][0], set(found["CHOICE"][1])) == (4, set(ids(*later)))
    assert set(found["MOVED"][1]) < set(ids(*needs))


async def test_none_but_those_named_and_never_another_agencys(life: Life) -> None:
    one, other = await life.one(routing="ASK_FIRST"), await life.one(routing="ASK_FIRST")
    named = [*ids(one), str(uuid4())]
    assert await pressing(life, referral_ids=named) == {"CHOICE": (1, ids(one))}
    assert await pressing(life, referral_ids=[]) == {}
    assert await pressing(life, member(1), referral_ids=[*named, *ids(other)]) == {}
    assert await pressing(life, member(1)) == {}
    with pytest.raises(NotPermitted):
        await pressing(life, caller(Role.CASEWORKER))


async def test_of_restricted_services_only_protection_staff_learn(life: Life) -> None:
    need = await life.one(routing="ASK_FIRST", service_type="GBV_COUNSELLING")
    assert await pressing(life) == {}
    assert [shown for _, shown in (await pressing(life, FOCAL_POINT)).values()] == [ids(need)]


async def test_one_access_is_on_record_for_all_that_was_shown(life: Life) -> None:
    needs = await life.record(life.need(), life.need(), routing="ASK_FIRST")
    await pressing(life)
    [[payload]] = life.rows("select encode(payload, 'hex') from outbox where type = 'AccessRecorded'")
    told = AccessEvent.FromString(bytes.fromhex(payload)).access_recorded
    assert told.method.endswith("/ListPressing")
    assert set(told.subject_ids) == set(ids(*needs))
