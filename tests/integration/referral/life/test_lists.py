"""In which order an agency's referrals are listed, page by page, and how many there are."""

from typing import Any

import pytest

from kem.common.v1 import common_pb2 as common
from kem.referral.v1 import referral_pb2 as referral
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.errors import Invalid
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, Life, member

pytestmark = pytest.mark.asyncio

OFFERED, HELD = rpc.REFERRAL_VIEW_OFFERED, rpc.REFERRAL_VIEW_HELD
DUE = rpc.REFERRAL_ORDER_DUE
ONE = member(1)


async def for_one(life: Life, urgency: int, **facts: Any) -> Need:
    """A need that is offered to the first agency."""
    need = await life.one(urgency=urgency, **facts)
    assert life.offer_to(need) == 1
    return need


async def listed(life: Life, view: int, *, page_size: int = 2, **asked: Any) -> list[str]:
    """All of a view, page by page."""
    found: list[str] = []
    token = ""
    while True:
        page = await life.call(
            ONE, "ListReferrals", view=view, page_size=page_size, page_token=token, **asked
        )
        found += [one.referral_id for one in page.referrals]
        token = page.next_page_token
        if not token:
            return found


async def mixed(life: Life) -> list[Need]:
    """A normal one, an emergency, two urgent ones, of which the second is older; in this order."""
    await life.open_day_and_night()
    await life.declare((1, 50), (2, 0), (3, 0))
    older = await for_one(life, common.URGENCY_URGENT)
    life.let_pass(minutes=30)
    normal = await for_one(life, common.URGENCY_NORMAL)
    emergency = await for_one(life, common.URGENCY_EMERGENCY)
    urgent = await for_one(life, common.URGENCY_URGENT)
    return [normal, emergency, urgent, older]


async def test_what_is_asked_comes_by_urgency_and_then_by_what_is_due_first(life: Life) -> None:
    normal, emergency, urgent, older = await mixed(life)
    wanted = [str(need.referral_id) for need in (emergency, older, urgent, normal)]
    for page_size in (1, 2, 3, 200):
        assert await listed(life, OFFERED, page_size=page_size, order=DUE) == wanted
    newest = [str(need.referral_id) for need in (urgent, emergency, normal, older)]
    assert await listed(life, OFFERED) == newest


async def test_what_is_held_comes_by_urgency_and_then_by_what_was_taken_up_first(life: Life) -> None:
    normal, emergency, urgent, older = await mixed(life)
    for need in (urgent, normal, older, emergency):
        await life.call(ONE, "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    wanted = [str(need.referral_id) for need in (emergency, urgent, older, normal)]
    for page_size in (1, 3, 200):
        assert await listed(life, HELD, page_size=page_size, order=DUE) == wanted
    await life.call(ONE, "StartService", referral_id=older.referral_id)
    in_service = referral.REFERRAL_STATE_IN_SERVICE
    assert await listed(life, HELD, order=DUE, state=in_service) == [str(older.referral_id)]
    await life.call(
        ONE, "CompleteReferral", referral_id=older.referral_id, outcome="NEED_MET", confirmed_by="PROVIDER"
    )
    wanted.remove(str(older.referral_id))
    assert await listed(life, HELD, order=DUE) == wanted
    completed = referral.REFERRAL_STATE_COMPLETED
    assert await listed(life, HELD, state=completed) == [str(older.referral_id)]


async def test_how_many_there_are_is_told_where_it_is_asked_for(life: Life) -> None:
    needs = await mixed(life)
    for need in needs[:2]:
        await life.call(ONE, "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    await life.call(ONE, "StartService", referral_id=needs[0].referral_id)
    assert await counts(life, OFFERED) == {"OFFERED": 2}
    assert await counts(life, HELD) == {"ACCEPTED": 1, "IN_SERVICE": 1}
    # whichever state was asked for, and however short the page is
    in_service = referral.REFERRAL_STATE_IN_SERVICE
    assert await counts(life, HELD, state=in_service, page_size=1) == {"ACCEPTED": 1, "IN_SERVICE": 1}
    page = await life.call(ONE, "ListReferrals", view=OFFERED)
    assert not page.counts
    sent = await life.call(DESK, "ListReferrals", view=rpc.REFERRAL_VIEW_SENT, with_counts=True)
    assert {one.state: one.count for one in sent.counts} == {
        referral.REFERRAL_STATE_OFFERED: 2,
        referral.REFERRAL_STATE_ACCEPTED: 1,
        referral.REFERRAL_STATE_IN_SERVICE: 1,
    }
    assert not (await life.call(member(2), "ListReferrals", view=OFFERED, with_counts=True)).counts


async def counts(life: Life, view: int, **asked: Any) -> dict[str, int]:
    page = await life.call(ONE, "ListReferrals", view=view, with_counts=True, **asked)
    names = {one.state: referral.ReferralState.Name(one.state) for one in page.counts}
    return {names[one.state].removeprefix("REFERRAL_STATE_"): one.count for one in page.counts}


async def test_what_was_sent_has_no_order_by_what_is_due_and_tokens_are_of_one_order(life: Life) -> None:
    await mixed(life)
    with pytest.raises(Invalid) as refused:
        await life.call(DESK, "ListReferrals", view=rpc.REFERRAL_VIEW_SENT, order=DUE)
    assert refused.value.stable_reason == "ORDER_NOT_THERE"
    by_due = (await life.call(ONE, "ListReferrals", view=OFFERED, order=DUE, page_size=1)).next_page_token
    newest = (await life.call(ONE, "ListReferrals", view=OFFERED, page_size=1)).next_page_token
    for token, order in ((by_due, 0), (newest, DUE), ("A" * 48, DUE), (newest[:-4], 0)):
        with pytest.raises(Invalid) as refused:
            await life.call(ONE, "ListReferrals", view=OFFERED, page_token=token, order=order)
        assert refused.value.stable_reason == "PAGE_TOKEN_INVALID"
