"""What an agency can answer to an offer, and what follows from it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kem.referral.v1 import referral_pb2 as referral
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.errors import Conflict, Invalid, KemError, NotFound
from services.referral.domain.calendar import ATHENS
from services.referral.domain.offer import OfferAlreadyAnswered, OfferNotFound
from services.referral.domain.transitions import IllegalTransition
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, SUPERVISOR, Life, member

pytestmark = pytest.mark.asyncio


async def answer(life: Life, need: Need, method: str, **fields: object) -> object:
    who = member(life.offer_to(need))
    return await life.call(who, method, offer_id=life.offer(need)["offer_id"], **fields)


async def test_a_declined_referral_is_offered_to_the_next_agency(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    said = await answer(life, need, "DeclineOffer", reason="OUTSIDE_AREA")
    assert said == rpc.DeclineOfferResponse(state=referral.REFERRAL_STATE_MATCHING)
    await life.work_off()
    assert life.state(need) == "OFFERED"
    assert life.offer_to(need) != first
    assert life.told(need) == ["referral_offered", "offer_declined", "referral_offered"]
    assert life.facts(need)[1].offer_declined.reason == "WITHHELD"


async def test_when_everybody_has_declined_the_person_decides(life: Life) -> None:
    need = await life.one()
    for _ in range(3):
        await answer(life, need, "DeclineOffer", reason="NOT_OUR_SERVICE")
        await life.work_off()
    assert life.state(need) == "AWAITING_PERSON"
    assert life.facts(need)[-1].referral_awaiting_person.cause == "LIST_ENDED"


async def test_the_same_request_twice_has_one_effect_and_one_answer(life: Life) -> None:
    need = await life.one()
    request_id = str(uuid4())
    first = await answer(life, need, "AcceptOffer", request_id=request_id)
    again = await answer(life, need, "AcceptOffer", request_id=request_id)
    assert first == again
    assert life.told(need).count("referral_accepted") == 1
    with pytest.raises(Conflict) as refused:
        await answer(life, need, "AcceptOffer", request_id=request_id, for_assessment=True)
    assert refused.value.stable_reason == "REQUEST_ID_REUSED"


async def test_of_two_colleagues_who_accept_at_once_one_wins_and_the_other_is_told(life: Life) -> None:
    for _ in range(6):
        need = await life.one()
        offer_id, agency = life.offer(need)["offer_id"], life.offer_to(need)
        answers = await asyncio.gather(
            *[life.call(member(agency, person), "AcceptOffer", offer_id=offer_id) for person in ("a", "b")],
            return_exceptions=True,
        )
        lost = [one for one in answers if isinstance(one, Exception)]
        assert len(lost) == 1
        assert isinstance(lost[0], OfferAlreadyAnswered)
        assert lost[0].stable_reason == "OFFER_ALREADY_ANSWERED"
        assert lost[0].metadata["offer_state"] == "ACCEPTED"
        assert "ended_time" in lost[0].metadata
        assert "colleague" in lost[0].message
        assert life.told(need) == ["referral_offered", "referral_accepted"]


async def test_an_acceptance_and_a_decline_at_once_leave_one_answer(life: Life) -> None:
    need = await life.one()
    offer_id, agency = life.offer(need)["offer_id"], life.offer_to(need)
    answers = await asyncio.gather(
        life.call(member(agency, "a"), "AcceptOffer", offer_id=offer_id),
        life.call(member(agency, "b"), "DeclineOffer", offer_id=offer_id, reason="NO_CAPACITY"),
        return_exceptions=True,
    )
    assert sum(isinstance(one, OfferAlreadyAnswered) for one in answers) == 1
    await life.work_off()


async def test_an_agency_may_accept_for_an_assessment_and_confirm_later(life: Life) -> None:
    need = await life.one()
    await answer(life, need, "AcceptOffer", for_assessment=True)
    assert life.state(need) == "ACCEPTED_FOR_ASSESSMENT"
    with pytest.raises(OfferAlreadyAnswered):
        await answer(life, need, "AcceptOffer", for_assessment=True)
    await answer(life, need, "AcceptOffer")
    assert life.state(need) == "ACCEPTED"
    assert [one.referral_accepted.for_assessment for one in life.facts(need)[1:]] == [True, False]


async def test_another_agencys_offer_does_not_exist(life: Life) -> None:
    need = await life.one()
    stranger = member(next(number for number in (1, 2, 3) if number != life.offer_to(need)))
    offer_id = life.offer(need)["offer_id"]
    for method, fields in (
        ("AcceptOffer", {}),
        ("DeclineOffer", {"reason": "NO_CAPACITY"}),
        ("WaitlistOffer", {}),
        ("RequestInformation", {"question": "How many children?"}),
        ("AcknowledgeOffer", {}),
        ("ProvideInformation", {"answer": "Two."}),
    ):
        with pytest.raises(OfferNotFound):
            await life.call(stranger, method, offer_id=offer_id, **fields)
        with pytest.raises(OfferNotFound):
            await life.call(stranger, method, offer_id=str(uuid4()), **fields)
    with pytest.raises(NotFound):
        await life.call(stranger, "GetReferral", referral_id=need.referral_id)


async def test_the_sender_cannot_answer_in_the_agencys_place(life: Life) -> None:
    need = await life.one()
    with pytest.raises(OfferNotFound):
        await life.call(DESK, "AcceptOffer", offer_id=life.offer(need)["offer_id"])


async def test_a_question_stops_the_agencys_clock_and_the_answer_lets_it_go_on(life: Life) -> None:
    need = await life.one(urgency=2)
    life.let_pass(hours=6)
    asked = await answer(life, need, "RequestInformation", question="How many children?")
    assert isinstance(asked, rpc.RequestInformationResponse)
    assert asked.remaining_seconds == pytest.approx(18 * 3600, abs=60)
    with pytest.raises(IllegalTransition):
        await answer(life, need, "AcceptOffer")
    life.let_pass(hours=30)  # longer than the window of 24 hours
    await life.work_off()
    assert life.offer(need)["state"] == "NEEDS_INFORMATION"
    answered = await life.call(
        DESK, "ProvideInformation", offer_id=life.offer(need)["offer_id"], answer="Two."
    )
    left = answered.respond_by_time.ToDatetime(tzinfo=UTC) - datetime.now(UTC)
    assert left == pytest.approx(timedelta(hours=18), abs=timedelta(minutes=1))
    await answer(life, need, "AcceptOffer")
    seen = await life.call(member(life.offer_to(need)), "GetReferral", referral_id=need.referral_id)
    assert [(note.kind, note.text) for note in seen.referral.offers[0].notes] == [
        ("QUESTION", "How many children?"),
        ("ANSWER", "Two."),
    ]


async def test_a_question_never_stops_the_persons_clock(life: Life) -> None:
    need = await life.one(urgency=2)
    await answer(life, need, "RequestInformation", question="How many children?")
    life.let_pass(hours=73)
    await life.work_off()
    assert life.offer(need)["state"] == "EXPIRED"
    assert life.state(need) == "AWAITING_PERSON"
    assert life.told(need)[-3:] == ["offer_expired", "referral_awaiting_person", "person_clock_ended"]
    assert life.facts(need)[-2].referral_awaiting_person.cause == "PERSON_CLOCK_ENDED"


async def test_lack_of_information_is_a_reason_only_after_a_question(life: Life) -> None:
    need = await life.one()
    with pytest.raises(KemError) as refused:
        await answer(life, need, "DeclineOffer", reason="INSUFFICIENT_INFORMATION")
    assert refused.value.stable_reason == "QUESTION_NOT_ASKED"
    await answer(life, need, "RequestInformation", question="How many children?")
    await answer(life, need, "DeclineOffer", reason="INSUFFICIENT_INFORMATION")


async def test_words_are_needed_with_other_and_not_taken_where_somebody_may_be_in_danger(life: Life) -> None:
    need = await life.one()
    for fields, reason in (
        ({"reason": "OTHER"}, "TEXT_NEEDED"),
        ({"reason": "CONFLICT_OR_SAFETY", "text": "He works here."}, "TEXT_NOT_TAKEN"),
        ({"reason": "NO_SUCH_REASON"}, "UNKNOWN_CODE"),
    ):
        with pytest.raises(Invalid) as refused:
            await answer(life, need, "DeclineOffer", **fields)
        assert refused.value.stable_reason == reason
    assert life.state(need) == "OFFERED"


async def test_conflict_or_safety_is_shown_to_the_senders_supervisor_only(life: Life) -> None:
    need = await life.one()
    await answer(life, need, "DeclineOffer", reason="CONFLICT_OR_SAFETY")
    seen = await life.call(DESK, "GetReferral", referral_id=need.referral_id)
    assert seen.referral.offers[0].reason == "OTHER"
    seen = await life.call(SUPERVISOR, "GetReferral", referral_id=need.referral_id)
    assert seen.referral.offers[0].reason == "CONFLICT_OR_SAFETY"


async def test_the_sender_reads_the_words_of_a_decline_and_the_event_only_says_that_there_are_some(
    life: Life,
) -> None:
    need = await life.one()
    await answer(life, need, "DeclineOffer", reason="OTHER", text="We move in May.")
    seen = await life.call(DESK, "GetReferral", referral_id=need.referral_id)
    assert seen.referral.offers[0].notes[0].text == "We move in May."
    assert life.intake.opened_by == [DESK.principal_id]
    assert life.facts(need)[-1].offer_declined.has_text
    stored = life.rows("select encode(sealed, 'escape') from offer_note")
    assert "We move in May." not in str(stored)


async def test_a_wait_listed_person_keeps_a_place_in_the_line_and_may_choose_another_provider(
    life: Life,
) -> None:
    need = await life.one()
    first = life.offer_to(need)
    tomorrow = (datetime.now(ATHENS) + timedelta(days=1)).date().isoformat()
    said = await answer(life, need, "WaitlistOffer", estimated_date=tomorrow)
    assert said == rpc.WaitlistOfferResponse(state=referral.REFERRAL_STATE_WAITLISTED, waiting_position=1)
    await life.work_off()
    assert life.state(need) == "WAITLISTED"  # the agency has just said that it has no place
    seen = await life.call(DESK, "GetReferral", referral_id=need.referral_id)
    assert (seen.referral.waiting_position, seen.referral.offers[0].estimated_date) == (1, tomorrow)
    other = next(number for number in (1, 2, 3) if number != first)
    chosen = await life.call(
        DESK, "OfferTo", referral_id=need.referral_id, service_ids=[life.service_of(other)]
    )
    assert chosen.state == referral.REFERRAL_STATE_OFFERED
    assert life.offer_to(need) == other
    assert life.rows("select * from waitlist_entry") == []


async def test_on_the_estimated_date_the_waiting_person_gets_an_offer(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    tomorrow = (datetime.now(ATHENS) + timedelta(days=1)).date().isoformat()
    await answer(life, need, "WaitlistOffer", estimated_date=tomorrow)
    life.let_pass(days=2)
    await life.work_off()
    assert life.state(need) == "OFFERED"
    assert life.offer_to(need) == first


async def test_an_estimated_date_in_the_past_is_refused(life: Life) -> None:
    need = await life.one()
    for text, reason in (("2020-01-01", "DATE_IN_THE_PAST"), ("2026-02-30", "DATE_INVALID")):
        with pytest.raises(Invalid) as refused:
            await answer(life, need, "WaitlistOffer", estimated_date=text)
        assert refused.value.stable_reason == reason


async def test_opening_the_card_is_noted_once_and_late_is_no_error(life: Life) -> None:
    need = await life.one()
    first = await answer(life, need, "AcknowledgeOffer")
    await answer(life, need, "AcceptOffer")
    assert await answer(life, need, "AcknowledgeOffer") == first
    assert life.told(need).count("offer_acknowledged") == 1
