"""What people of an agency do with a referral at the console, from the offer to the outcome."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from kem.referral.v1 import referral_pb2
from kernel.vocabulary import Role
from services.console.entrypoints.rendering import ATHENS
from services.intake.domain.beneficiary import Absence, HouseholdMember
from tests.support.console import ConsoleHub
from tests.support.pages import Shown
from tests.support.partner_agency import PartnerAgency, make_agency, opened

HERE = "/partner/referrals/"


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


def form_of(page: Shown, step: str) -> dict[str, str]:
    """What the form of a step sends if nothing is changed."""
    for form in page.forms:
        fields = dict(form.fields)
        if fields.get("step") == step:
            return fields
    raise AssertionError(f"no form to {step} on {page.path}: {page.words}")


def has_form(page: Shown, step: str) -> bool:
    return any(dict(form.fields).get("step") == step for form in page.forms)


async def send(browser: Any, page: Shown, step: str, **answers: str) -> Shown:
    """Sends the form of a step, as its button would."""
    shown: Shown = await browser.post(page.path.partition("?")[0], form_of(page, step) | answers)
    return shown


async def test_an_offer_is_accepted_and_then_who_it_is_can_be_seen(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        assert not has_form(page, "show")
        page = await send(browser, page, "accept")
        assert page.path == f"{HERE}{referral_id}?said=offer-accepted"
        assert "You have accepted" in page.words
        assert await agency.state(referral_id) == "ACCEPTED"
        assert "Amna" not in page.html
        shown = await send(browser, page, "show")
        assert shown.code == 200
        assert shown.path == f"{HERE}{referral_id}", "nothing of the person stands in an address"
        for known in (
            "آمنة الإختراع",
            "Amna Al-Ikhtira",
            "Arabic (mother tongue)",
            "only from 9:00 to 14:00",
        ):
            assert known in shown.words
        assert "leave no message" in shown.words
        ends = datetime.now(ATHENS) + timedelta(days=30)  # as the person has permitted it, a moment ago
        assert f"The person permits it until {ends.day} {ends:%B} {ends.year}, unless" in shown.words
        # what its type does not need is not asked for, and so not shown
        assert "SYR" not in shown.html
        assert shown.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("household", "english", "greek"),
    [
        ({}, "Household Lives alone", "Νοικοκυριό Μένει μόνο του"),
        ({"household_absence": Absence.REFUSED}, "Household Not known", "Νοικοκυριό Άγνωστο"),
        ({"household": (HouseholdMember("CHILD", 2015),)}, "Household Child (born 2015)", "Νοικοκυριό Παιδί"),
    ],
)
async def test_a_household_of_nobody_else_is_told_from_one_that_is_not_known(
    console: ConsoleHub, household: dict[str, Any], english: str, greek: str
) -> None:
    agency = await make_agency(console, service_type="HOUSING_SEARCH")
    [referral_id] = await agency.held(**household)
    for language, words in (("en", english), ("el", greek)):
        async with agency.browser(language=language) as browser:
            shown = await send(browser, await opened(browser, referral_id), "show")
            assert words in shown.words, shown.words
            assert "REFUSED" not in shown.html


async def test_a_form_that_is_sent_twice_is_done_once(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        fields = form_of(page, "decline") | {"decline_reason": "OUTSIDE_AREA"}
        first = await browser.post(page.path, fields)
        again = await browser.post(page.path, fields)
        assert first.path == again.path == "/partner?said=offer-declined"
        assert (await agency.sent(referral_id)).offers[0].reason == "OUTSIDE_AREA"


async def test_a_form_without_its_secret_changes_nothing(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        fields = form_of(page, "accept")
        del fields["csrf"]
        assert (await browser.post(page.path, fields)).code == 403
        assert await agency.state(referral_id) == "OFFERED"


async def test_declining_takes_a_reason_and_some_take_words(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        assert "INSUFFICIENT_INFORMATION" not in page.html, "only after a question"
        missing = await send(browser, page, "decline")
        assert missing.code == 400
        assert missing.title.startswith("Error:")
        assert "Choose a reason." in missing.words
        wordless = await send(browser, missing, "decline", decline_reason="OTHER")
        assert "Write in a few words" in wordless.words
        assert await agency.state(referral_id) == "OFFERED"
        done = await send(
            browser, wordless, "decline", decline_reason="OTHER", decline_text="We are moving house."
        )
        assert done.path == "/partner?said=offer-declined"
    offer = (await agency.sent(referral_id)).offers[0]
    assert (offer.reason, offer.notes[0].text) == ("OTHER", "We are moving house.")


async def test_words_left_in_a_field_that_the_reason_does_not_need_are_not_sent(
    agency: PartnerAgency,
) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        await send(
            browser,
            page,
            "decline",
            decline_reason="CONFLICT_OR_SAFETY",
            decline_text="Somebody works here.",
        )
    offer = (await agency.sent(referral_id)).offers[0]
    assert (offer.reason, list(offer.notes)) == ("CONFLICT_OR_SAFETY", [])


async def test_a_question_stops_the_clock_and_its_answer_is_on_the_card(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        assert (await send(browser, page, "ask", question=" ")).code == 400
        asked = await send(browser, page, "ask", question="Is a morning course possible?")
        assert "your time stands still" in asked.words
        assert "Is a morning course possible?" in asked.words
        assert not has_form(asked, "accept")
        assert "INSUFFICIENT_INFORMATION" in asked.html
        assert "You asked" in (await browser.get("/partner")).words
        offer_id = (await agency.seen(referral_id)).offers[-1].offer_id
        await agency.answer(offer_id, "Yes, any morning.")
        answered = await opened(browser, referral_id)
        assert "Yes, any morning." in answered.words
        assert has_form(answered, "accept")


async def test_somebody_is_put_on_the_waiting_list_with_a_date(agency: PartnerAgency) -> None:
    first, second = await agency.offered(2)
    async with agency.browser() as browser:
        page = await opened(browser, first)
        wrong = await send(browser, page, "wait", estimated_date="next week")
        assert wrong.code == 400
        assert "Type a day like" in wrong.words
        past = await send(browser, page, "wait", estimated_date="2020-01-01")
        assert past.code == 400
        assert "lies in the past" in past.words
        day = (datetime.now(ATHENS) + timedelta(days=40)).date()
        done = await send(browser, past, "wait", estimated_date=day.strftime("%d/%m/%Y"))
        assert done.path == "/partner?said=offer-waitlisted"
        assert (await agency.sent(first)).offers[-1].estimated_date == day.isoformat()
        await send(browser, await opened(browser, second), "wait")
        assert (await agency.sent(second)).offers[-1].estimated_date == ""


async def test_from_an_assessment_to_the_outcome(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        page = await send(browser, page, "accept-for-assessment")
        assert await agency.state(referral_id) == "ACCEPTED_FOR_ASSESSMENT"
        page = await send(browser, page, "accept")
        assert await agency.state(referral_id) == "ACCEPTED"
        tomorrow = (datetime.now(ATHENS) + timedelta(days=1)).date().isoformat()
        wrong = await send(browser, page, "start", started_date=tomorrow)
        assert wrong.code == 400
        assert "still to come" in wrong.words
        early = await send(browser, page, "start", started_date="2020-01-01")
        assert early.code == 400
        assert "lies before" in early.words
        page = await send(browser, early, "start", started_date="")
        assert await agency.state(referral_id) == "IN_SERVICE"
        missing = await send(browser, page, "complete")
        assert "Choose what came of it." in missing.words
        assert "Choose who has confirmed it." in missing.words
        done = await send(browser, missing, "complete", outcome="NEED_MET", confirmed_by="BOTH")
        assert "Need met" in done.words
        assert not has_form(done, "show")
    assert await agency.state(referral_id) == "COMPLETED"


async def test_an_end_before_it_was_done_takes_a_reason(agency: PartnerAgency) -> None:
    [referral_id] = await agency.held()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        assert (await send(browser, page, "not-completed")).code == 400
        done = await send(browser, page, "not-completed", closing_reason="MOVED_AWAY")
        assert "Moved away" in done.words
    assert await agency.state(referral_id) == "NOT_COMPLETED"


async def test_nobody_is_given_up_before_they_were_tried(agency: PartnerAgency) -> None:
    [referral_id] = await agency.held()
    yesterday = (datetime.now(ATHENS) - timedelta(days=1)).date().isoformat()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        assert "Tries to reach the person: 0" in page.words
        wrong = await send(browser, page, "try", try_day="yesterday")
        assert wrong.code == 400
        for words in ("Choose how you tried.", "Choose what came of it.", "Type day and time as"):
            assert words in wrong.words
        for half in ({"try_day": yesterday}, {"try_clock": "10:00"}):
            wrong = await send(browser, page, "try", try_channel="PHONE", try_result="NOT_REACHED", **half)
            assert wrong.code == 400, half
            assert "Type day and time as" in wrong.words, half
        by_phone = {"try_channel": "PHONE", "try_result": "NOT_REACHED", "try_day": yesterday}
        page = await send(browser, wrong, "try", **by_phone, try_clock="10:00")
        assert page.path == f"{HERE}{referral_id}?said=try-recorded"
        assert "Tries to reach the person: 1" in page.words
        assert "it does not count" not in page.words
        page = await send(browser, page, "try", **by_phone, try_clock="22:00")
        assert "it does not count" in page.words, "at that hour the person may not be called"
        refused = await send(browser, page, "return", return_reason="COULD_NOT_CONTACT")
        assert refused.code == 400
        assert "attempts by the person's safe channel" in refused.words
        assert await agency.state(referral_id) == "ACCEPTED"


async def test_what_was_taken_up_is_given_back_with_a_reason(agency: PartnerAgency) -> None:
    [referral_id] = await agency.held()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        done = await send(
            browser, page, "return", return_reason="OTHER", return_text="The teacher is ill for long."
        )
        assert done.path == "/partner/held?said=referral-returned"
        assert (await opened(browser, referral_id)).code == 404


async def test_who_comes_second_is_told_what_a_colleague_has_done(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        offer_id = (await agency.seen(referral_id)).offers[-1].offer_id
        await agency.call("AcceptOffer", offer_id=offer_id)
        second = await send(browser, page, "decline", decline_reason="NO_CAPACITY")
        assert second.code == 400
        assert "A colleague of your agency has already accepted" in second.words
        assert has_form(second, "show"), "it shows how things stand now"
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        offer_id = (await agency.seen(referral_id)).offers[-1].offer_id
        await agency.call("DeclineOffer", offer_id=offer_id, reason="NO_CAPACITY")
        second = await send(browser, page, "accept")
        assert second.code == 409
        assert "A colleague of your agency has already declined" in second.words


async def test_nobody_sees_what_another_agency_is_asked_or_what_there_is_not(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    [referral_id] = await agency.offered()
    elsewhere = await make_agency(console)
    async with elsewhere.browser() as browser:
        pages = [await opened(browser, one) for one in (referral_id, str(uuid4()), "not-an-id")]
    assert [page.code for page in pages] == [404, 404, 404]
    assert len({page.words for page in pages}) == 1, "they are told apart nowhere"
    async with agency.browser(Role.AGENCY_ADMIN) as browser:
        assert (await opened(browser, referral_id)).code == 200


async def test_a_form_that_says_nothing_is_refused_in_words(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        for changes in ({"step": "erase"}, {"step": ""}, {"offer_id": "somewhere"}):
            refused = await browser.post(page.path, form_of(page, "accept") | changes)
            assert refused.code == 400
    assert await agency.state(referral_id) == "OFFERED"


async def test_who_clicks_twice_at_once_accepts_once(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        fields = form_of(page, "accept")
        both = await asyncio.gather(*(browser.post(page.path, fields) for _ in range(2)))
    for one in both:
        assert (one.code, one.path) == (200, f"{HERE}{referral_id}?said=offer-accepted"), one.words[:300]
        assert "You have accepted" in one.words
    sent = await agency.sent(referral_id)
    assert [referral_pb2.OfferState.Name(one.state) for one in sent.offers] == ["OFFER_STATE_ACCEPTED"]


async def test_both_languages_say_the_same(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser(language="el") as browser:
        page = await opened(browser, referral_id)
        assert '<html lang="el"' in page.html
        assert "Ελληνικά για αρχάριους" in page.words
        assert "Αραβικά" in page.words
        listed = await browser.get("/partner")
        assert "Ελληνικά για αρχάριους" in listed.words
