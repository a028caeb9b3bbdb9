"""How a referral ends, and that what has ended stays as it is."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kernel.errors import Invalid, NotFound
from services.referral.domain.referral import ReferralNotFound
from services.referral.domain.transitions import IllegalTransition
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, Life, member

pytestmark = pytest.mark.asyncio


async def taken_up(life: Life, **facts: object) -> Need:
    need = await life.one(**facts)
    await life.call(member(life.offer_to(need)), "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    return need


async def report(life: Life, need: Need, method: str, **fields: object) -> object:
    """By the agency that was last asked."""
    return await life.call(member(life.offer_to(need)), method, referral_id=need.referral_id, **fields)


def free(life: Life, need: Need) -> str:
    service_id = life.offer(need)["service_id"]
    return life.rows(f"select free from capacity where unit_id = '{service_id}'")[0][0]


async def test_a_service_begins_and_is_done(life: Life) -> None:
    need = await taken_up(life)
    assert free(life, need) == "2"
    await report(life, need, "StartService")
    assert life.state(need) == "IN_SERVICE"
    await report(life, need, "CompleteReferral", outcome="NEED_MET", confirmed_by="BOTH")
    assert life.state(need) == "COMPLETED"
    assert free(life, need) == "3"
    assert life.told(need)[-2:] == ["service_started", "referral_completed"]
    seen = await life.call(DESK, "GetReferral", referral_id=need.referral_id)
    assert (seen.referral.outcome, seen.referral.outcome_confirmed_by) == ("NEED_MET", "BOTH")
    assert not seen.referral.HasField("card")  # what was known for matching is deleted
    assert life.rows("select * from need_profile") == []


async def test_how_long_people_wait_for_a_begin_is_what_matching_learns_from(life: Life) -> None:
    need = await taken_up(life)
    life.let_pass(days=3)
    await report(life, need, "StartService")
    [[waited]] = life.rows("select waited_seconds from service_start")
    assert float(waited) == pytest.approx(3 * 86_400, abs=60)


async def test_what_was_returned_is_offered_to_the_next(life: Life) -> None:
    need = await taken_up(life)
    first = life.offer_to(need)
    await report(life, need, "ReturnReferral", reason="NOT_ELIGIBLE_ON_ASSESSMENT")
    await life.work_off()
    assert life.state(need) == "OFFERED"
    assert life.offer_to(need) != first
    assert life.told(need)[-2:] == ["referral_returned", "referral_offered"]
    assert life.facts(need)[-2].referral_returned.reason == "WITHHELD"
    with pytest.raises(NotFound):  # it is no longer theirs
        await life.call(member(first), "GetReferral", referral_id=need.referral_id)


async def test_a_first_positive_answer_stops_the_persons_clock_for_good(life: Life) -> None:
    need = await taken_up(life)
    await report(life, need, "ReturnReferral", reason="CAPACITY_LOST")
    await life.work_off()
    life.let_pass(days=15)
    await life.work_off()
    assert "person_clock_ended" not in life.told(need)


async def test_an_assessment_that_does_not_fit_is_returned(life: Life) -> None:
    need = await life.one()
    offer_id = life.offer(need)["offer_id"]
    await life.call(member(life.offer_to(need)), "AcceptOffer", offer_id=offer_id, for_assessment=True)
    with pytest.raises(IllegalTransition):
        await report(life, need, "CloseNotCompleted", reason="MOVED_AWAY")
    with pytest.raises(IllegalTransition):
        await report(life, need, "StartService")
    await report(life, need, "ReturnReferral", reason="OTHER", text="They need a nurse.")
    await life.work_off()
    assert life.state(need) == "OFFERED"


async def test_what_ended_early_has_a_reason_that_only_those_who_may_read_see(life: Life) -> None:
    need = await taken_up(life)
    await report(life, need, "StartService")
    await report(life, need, "CloseNotCompleted", reason="DETAINED_OR_REMOVED")
    assert life.state(need) == "NOT_COMPLETED"
    assert life.facts(need)[-1].referral_not_completed.reason == "WITHHELD"
    seen = await life.call(DESK, "GetReferral", referral_id=need.referral_id)
    assert seen.referral.reason == "OTHER"
    seen = await life.call(member(life.offer_to(need)), "GetReferral", referral_id=need.referral_id)
    assert seen.referral.reason == "DETAINED_OR_REMOVED"


@pytest.mark.parametrize("method", ["CancelReferral", "MarkEnteredInError"])
async def test_the_sender_ends_what_is_still_open_and_the_offer_is_revoked(life: Life, method: str) -> None:
    need = await life.one()
    fields = {"reason": "DUPLICATE"} if method == "CancelReferral" else {}
    await life.call(DESK, method, referral_id=need.referral_id, **fields)
    assert life.offer(need)["state"] == "REVOKED"
    assert free(life, need) == "3"
    assert life.told(need)[1] == "offer_revoked"
    with pytest.raises(NotFound):
        await life.call(member(life.offer_to(need)), "GetReferral", referral_id=need.referral_id)
    assert life.rows("select kind from deadline where referral_id is not null") == []


async def test_a_service_that_has_begun_cannot_be_cancelled(life: Life) -> None:
    need = await taken_up(life)
    await report(life, need, "StartService")
    with pytest.raises(IllegalTransition):
        await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
    await life.call(DESK, "MarkEnteredInError", referral_id=need.referral_id)
    assert free(life, need) == "3"


async def test_nothing_moves_what_has_ended(life: Life) -> None:
    need = await taken_up(life)
    await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="NO_LONGER_NEEDED")
    for method, fields in (
        ("StartService", {}),
        ("CompleteReferral", {"outcome": "NEED_MET", "confirmed_by": "NONE"}),
        ("ReturnReferral", {"reason": "ALREADY_SERVED"}),
        ("CloseNotCompleted", {"reason": "MOVED_AWAY"}),
    ):
        with pytest.raises(IllegalTransition) as refused:
            await report(life, need, method, **fields)
        assert refused.value.stable_reason == "ILLEGAL_TRANSITION"
    with pytest.raises(IllegalTransition):
        await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")


async def test_only_the_holder_reports_and_only_the_sender_ends(life: Life) -> None:
    need = await taken_up(life)
    holder = life.offer_to(need)
    stranger = member(next(number for number in (1, 2, 3) if number != holder))
    for who, method, fields in (
        (stranger, "StartService", {}),
        (DESK, "StartService", {}),
        (stranger, "ReturnReferral", {"reason": "ALREADY_SERVED"}),
        (member(holder), "CancelReferral", {"reason": "DUPLICATE"}),
        (stranger, "MarkEnteredInError", {}),
        (stranger, "GetReferral", {}),
        (stranger, "ExplainMatches", {}),
        (member(holder), "ExplainMatches", {}),
        (member(holder), "OfferTo", {"service_ids": [life.service_of(1)]}),
    ):
        with pytest.raises(ReferralNotFound):
            await life.call(who, method, referral_id=need.referral_id, **fields)


async def test_a_reported_time_is_neither_in_the_future_nor_before_what_came_before(life: Life) -> None:
    need = await taken_up(life)
    for moment, reason in (
        (datetime.now(UTC) + timedelta(hours=1), "HAPPENED_IN_THE_FUTURE"),
        (datetime.now(UTC) - timedelta(days=9), "HAPPENED_TOO_EARLY"),
    ):
        stamp = Timestamp()
        stamp.FromDatetime(moment)
        with pytest.raises(Invalid) as refused:
            await report(life, need, "StartService", happened_time=stamp)
        assert refused.value.stable_reason == reason


@pytest.mark.parametrize("begun", [False, True])
async def test_a_withdrawn_need_ends_whatever_has_become_of_it(life: Life, begun: bool) -> None:
    need = await taken_up(life)
    if begun:
        await report(life, need, "StartService")
    await life.hear(life.withdrawn(need))
    assert life.state(need) == "WITHDRAWN"
    assert free(life, need) == "3"
    told = life.facts(need)[-1].referral_withdrawn
    assert told.agency_id == life.offer(need)["agency_id"]  # the holder hears of it


async def test_a_need_that_was_withdrawn_before_it_was_heard_of_is_never_offered(life: Life) -> None:
    need = life.need(state=2)  # withdrawn
    await life.hear(life.recorded(need), life.withdrawn(need))
    assert life.state(need) == "WITHDRAWN"
    assert life.told(need) == ["referral_withdrawn"]


async def test_a_withdrawal_in_the_same_batch_revokes_the_offer_just_made(life: Life) -> None:
    need = life.need()
    await life.hear(life.recorded(need), life.withdrawn(need))
    assert life.state(need) == "WITHDRAWN"
    assert life.told(need) == ["referral_offered", "offer_revoked", "referral_withdrawn"]
