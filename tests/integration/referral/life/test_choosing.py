"""The person is asked first: nothing goes out before they have chosen, and then in their order."""

from typing import Any
from uuid import uuid4

import pytest

from kernel.errors import Invalid, KemError
from services.referral.domain.referral import ReferralNotFound
from services.referral.domain.transitions import IllegalTransition
from services.referral.use_cases.offer_to import ConsentNotInForce
from tests.support.directory import agency_id, service
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, Life, member, service_ids

pytestmark = pytest.mark.asyncio


async def choose(life: Life, need: Need, *numbers: int, **fields: object) -> Any:
    return await life.call(
        DESK, "OfferTo", referral_id=need.referral_id, service_ids=service_ids(*numbers), **fields
    )


async def test_the_person_is_asked_first_and_sees_what_fits_and_why(life: Life) -> None:
    need = await life.one(routing="ASK_FIRST")
    assert life.state(need) == "AWAITING_PERSON"
    told = life.facts(need)[0].referral_awaiting_person
    assert (told.cause, told.proposals) == ("ASK_FIRST", 3)
    explained = await life.call(DESK, "ExplainMatches", referral_id=need.referral_id)
    assert len(explained.proposals) == 3
    assert all(term.text_el and term.text_en for term in explained.proposals[0].terms)
    stored = life.rows("select rank, service_version from proposal order by rank")
    assert stored == [["1", "1"], ["2", "1"], ["3", "1"]]


async def test_offers_go_out_in_the_persons_order(life: Life) -> None:
    need = await life.one(routing="ASK_FIRST")
    await choose(life, need, 3, 1)
    assert life.offer_to(need) == 3
    await life.call(
        member(3), "DeclineOffer", offer_id=life.offer(need)["offer_id"], reason="NOT_OUR_SERVICE"
    )
    await life.work_off()
    assert life.offer_to(need) == 1
    await life.call(
        member(1), "DeclineOffer", offer_id=life.offer(need)["offer_id"], reason="NOT_OUR_SERVICE"
    )
    await life.work_off()
    assert life.state(need) == "AWAITING_PERSON"  # agency 2 was not chosen


async def test_a_need_on_hold_goes_nowhere_until_somebody_asks(life: Life) -> None:
    need = await life.one(routing="HOLD")
    assert life.state(need) == "AWAITING_PERSON"
    assert life.facts(need)[0].referral_awaiting_person.cause == "HOLD"
    assert life.rows("select * from proposal") == []
    await choose(life, need, 2)
    assert life.offer_to(need) == 2


async def test_an_agency_without_consent_is_never_asked(life: Life) -> None:
    need = await life.one(routing="ASK_FIRST", permitted_agency_ids=[str(agency_id(1))])
    with pytest.raises(ConsentNotInForce) as refused:
        await choose(life, need, 2)
    assert refused.value.stable_reason == "CONSENT_NOT_IN_FORCE"
    life.change(need, permitted_agency_ids=[str(agency_id(2))])
    await choose(life, need, 2)  # intake is asked at each choice
    assert life.offer_to(need) == 2


async def test_consented_needs_stay_among_permitted_agencies(life: Life) -> None:
    need = await life.one(permitted_agency_ids=[str(agency_id(2))])
    assert life.offer_to(need) == 2
    await life.call(
        member(2), "DeclineOffer", offer_id=life.offer(need)["offer_id"], reason="NOT_OUR_SERVICE"
    )
    await life.work_off()
    assert life.state(need) == "AWAITING_PERSON"


async def test_without_any_consent_the_person_is_asked_and_it_is_no_gap(life: Life) -> None:
    need = await life.one(permitted_agency_ids=[])
    assert life.state(need) == "AWAITING_PERSON"
    told = life.facts(need)[0].referral_awaiting_person
    assert (told.cause, told.proposals) == ("WITHHELD", 3)
    assert "gap_recorded" not in life.told(need)
    life.change(need)
    await life.hear(life.profile_changed(need))
    await life.work_off()
    assert life.state(need) == "OFFERED"  # consent is there now, as the worker said it should be


async def test_a_restricted_need_is_never_sent_automatically_and_its_service_never_named(life: Life) -> None:
    await life.directory.save(service(7, 1, service_type="GBV_COUNSELLING"))
    need = await life.one(routing="CONSENTED", service_type="GBV_COUNSELLING")
    assert life.state(need) == "AWAITING_PERSON"
    await choose(life, need, 7)
    await life.call(member(1), "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    offered, accepted = life.facts(need)[-2:]
    assert not offered.referral_offered.HasField("service_id")
    for name in ("service_id", "purpose", "needed_mask"):
        assert not accepted.referral_accepted.HasField(name)
    card = (await life.call(member(1), "GetReferral", referral_id=need.referral_id)).referral.card
    assert card.service_type == "GBV_COUNSELLING"


async def test_every_place_taken_means_that_the_person_waits_for_those_they_chose(life: Life) -> None:
    await life.declare((1, 1), (2, 1))
    await life.one(permitted_agency_ids=[str(agency_id(1))])
    await life.one(permitted_agency_ids=[str(agency_id(2))])
    need = await life.one(routing="ASK_FIRST")
    answered = await choose(life, need, 1, 2)
    assert not answered.HasField("offer_id")
    assert life.state(need) == "WAITLISTED"
    waits_for = {row[0] for row in life.rows("select agency_id from waitlist_entry")}
    assert waits_for == {str(agency_id(1)), str(agency_id(2))}


async def test_a_service_that_does_not_fit_needs_a_reason_and_some_no_reason_can_put_right(
    life: Life,
) -> None:
    await life.directory.save(
        service(8, 1, languages=("fra",)), service(9, 1, service_type="FOOD", languages=("ara",))
    )
    need = await life.one(routing="ASK_FIRST")
    with pytest.raises(KemError) as refused:
        await choose(life, need, 8)
    assert (refused.value.stable_reason, refused.value.metadata["exclusion"]) == (
        "OVERRIDE_REASON_NEEDED",
        "LANGUAGE",
    )
    with pytest.raises(KemError) as refused:
        await choose(life, need, 9, override_reason="PERSON_CHOICE")
    assert refused.value.stable_reason == "SERVICE_CANNOT_BE_ASKED"
    with pytest.raises(Invalid):
        await choose(life, need, 8, override_reason="OTHER")  # it would need words, and none are taken
    await choose(life, need, 8, override_reason="LANGUAGE_ARRANGED")
    assert life.offer(need)["service_id"] == service_ids(8)[0]
    assert life.rows("select override_reason from referral") == [["LANGUAGE_ARRANGED"]]


async def test_a_service_that_is_not_in_the_directory_is_refused(life: Life) -> None:
    need = await life.one(routing="ASK_FIRST")
    with pytest.raises(Invalid) as refused:
        await choose(life, need, 77)
    assert refused.value.stable_reason == "SERVICE_NOT_FOUND"


async def test_nobody_else_is_asked_while_an_offer_is_open(life: Life) -> None:
    need = await life.one(routing="ASK_FIRST")
    await choose(life, need, 1)
    with pytest.raises(IllegalTransition):
        await choose(life, need, 2)


async def test_whoever_withdrew_is_offered_to_nobody(life: Life) -> None:
    need = await life.one(routing="ASK_FIRST")
    life.change(need, state=2)
    with pytest.raises(KemError) as refused:
        await choose(life, need, 1)
    assert refused.value.stable_reason == "NEED_WITHDRAWN"


async def test_a_choice_may_ask_again_whom_time_or_place_kept_from_it_but_not_who_declined_for_good(
    life: Life,
) -> None:
    need = await life.one(routing="ASK_FIRST")
    await choose(life, need, 1)
    await life.call(member(1), "DeclineOffer", offer_id=life.offer(need)["offer_id"], reason="NO_CAPACITY")
    await life.work_off()
    await choose(life, need, 1)
    await life.call(
        member(1), "DeclineOffer", offer_id=life.offer(need)["offer_id"], reason="NOT_OUR_SERVICE"
    )
    await life.work_off()
    with pytest.raises(KemError) as refused:
        await choose(life, need, 1)
    assert refused.value.metadata["exclusion"] == "DECLINED"


async def test_another_agencys_referral_does_not_exist(life: Life) -> None:
    need = await life.one(routing="ASK_FIRST")
    for referral_id in (need.referral_id, uuid4()):
        with pytest.raises(ReferralNotFound):
            await life.call(member(1), "OfferTo", referral_id=referral_id, service_ids=service_ids(1))


async def test_an_override_asks_whoever_says_no_once_and_again_only_when_chosen_again(life: Life) -> None:
    await life.directory.save(service(8, 1, languages=("fra",)))
    need = await life.one(routing="ASK_FIRST")
    for number in (1, 2):
        await choose(life, need, 8, override_reason="LANGUAGE_ARRANGED")
        assert life.offer(need)["number"] == str(number)
        await life.call(
            member(1), "DeclineOffer", offer_id=life.offer(need)["offer_id"], reason="CANNOT_MEET_NEED"
        )
        await life.work_off()
        assert life.state(need) == "AWAITING_PERSON"
        assert life.facts(need)[-1].referral_awaiting_person.cause == "LIST_ENDED"


async def test_an_overridden_offer_that_expires_is_not_made_again(life: Life) -> None:
    await life.directory.save(service(8, 1, languages=("fra",)))
    need = await life.one(routing="ASK_FIRST")
    await choose(life, need, 8, override_reason="LANGUAGE_ARRANGED")
    life.let_pass(days=9)
    await life.work_off()
    assert life.state(need) == "AWAITING_PERSON"
    assert life.offer(need)["number"] == "1"
