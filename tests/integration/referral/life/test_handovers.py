"""What was answered on the telephone ends the open offer."""

import pytest

from chassis import topics
from chassis.events import IncomingEvent
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent, HandoverRecorded
from kernel.errors import KemError
from services.referral.domain.offer import OfferAlreadyAnswered
from tests.support.directory import agency_id
from tests.support.intake_double import Need, event_of
from tests.support.referral_life import DESK, Life, member

pytestmark = pytest.mark.asyncio


def handed_over(need: Need, number: int, *, taken: bool) -> IncomingEvent:
    """Intake tells that somebody called agency `number` about the need."""
    agency = agency_id(number)
    fact = HandoverRecorded(referral_id=str(need.referral_id), agency_id=str(agency), taken=taken)
    return event_of(agency, DisclosureEvent(handover_recorded=fact), topics.DISCLOSURE)


async def test_a_yes_on_the_telephone_accepts_the_open_offer(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    event = handed_over(need, first, taken=True)
    await life.hear(event)
    assert (life.state(need), life.offer(need)["state"]) == ("ACCEPTED", "ACCEPTED")
    accepted = life.facts(need)[-1]
    assert accepted.referral_accepted.agency_id == str(agency_id(first))
    assert accepted.causation_id == str(event.event_id)
    assert life.rows("select reserved, occupied from capacity where occupied > 0") == [["0", "1"]]
    assert life.rows("select kind from deadline where kind in ('OFFER', 'PERSON_CLOCK')") == []


async def test_the_same_hand_over_twice_changes_nothing_more(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    event = handed_over(need, first, taken=True)
    await life.hear(event)
    told = life.told(need)
    await life.hear(event)
    await life.hear(handed_over(need, first, taken=False))
    assert life.told(need) == told


async def test_a_no_on_the_telephone_goes_to_the_next_and_never_back_to_the_same(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    await life.hear(handed_over(need, first, taken=False))
    assert life.offer(need)["state"] == "REVOKED"
    await life.work_off()
    second = life.offer_to(need)
    assert second != first
    await life.hear(handed_over(need, second, taken=False))
    await life.work_off()
    assert life.offer_to(need) not in (first, second)
    causes = [fact.offer_revoked.cause for fact in life.facts(need) if fact.HasField("offer_revoked")]
    assert causes == ["HANDOVER_REFUSED", "HANDOVER_REFUSED"]
    assert life.rows("select sum(reserved) from capacity") == [["1"]]


async def test_whoever_was_asked_meanwhile_is_told_that_somebody_else_has_the_person(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    other = first % 3 + 1
    await life.hear(handed_over(need, other, taken=True))
    assert (life.state(need), life.offer(need)["state"]) == ("AWAITING_PERSON", "REVOKED")
    with pytest.raises(OfferAlreadyAnswered):
        await life.call(member(first), "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    revoked, awaiting = life.facts(need)[-2:]
    assert revoked.offer_revoked.cause == "HANDED_OVER"
    assert awaiting.referral_awaiting_person.cause == "TAKEN_BY_PHONE"
    await life.work_off()
    assert life.state(need) == "AWAITING_PERSON"  # the desk decides, nobody else is asked
    assert life.rows("select sum(reserved) from capacity") == [["0"]]


async def test_a_no_of_somebody_who_was_not_asked_changes_nothing(life: Life) -> None:
    need = await life.one()
    await life.hear(handed_over(need, life.offer_to(need) % 3 + 1, taken=False))
    assert (life.state(need), life.offer(need)["state"]) == ("OFFERED", "SENT")


async def test_a_yes_on_the_telephone_answers_an_open_question_too(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    offer = life.offer(need)["offer_id"]
    await life.call(member(first), "RequestInformation", offer_id=offer, question="Can she climb stairs?")
    await life.hear(handed_over(need, first, taken=True))
    assert (life.state(need), life.offer(need)["state"]) == ("ACCEPTED", "ACCEPTED")
    assert life.told(need)[-2:] == ["information_provided", "referral_accepted"]


async def test_a_yes_counts_where_the_time_to_answer_has_just_run_out(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    life.superuser.execute("update offer set respond_by_time = now() - interval '1 second'")
    with pytest.raises(KemError):
        await life.call(member(first), "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    await life.hear(handed_over(need, first, taken=True))
    assert life.state(need) == "ACCEPTED"


async def test_a_referral_that_has_ended_stays_as_it_ended(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
    told = life.told(need)
    await life.hear(handed_over(need, first, taken=True))
    assert life.told(need) == told
