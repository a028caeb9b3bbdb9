"""One referral at the desk: whom to call, whom to ask, what to answer, and how it ends there."""

import re

import pytest

from kem.directory.v1 import directory_pb2
from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tests.support.desk import choose, page_of, to_choose
from tests.support.partner_agency import EMERGENCY, PartnerAgency, make_agency, until

DAY_AND_NIGHT = [
    directory_pb2.OpeningHours(weekday=day, from_minute=0, until_minute=1440) for day in range(1, 8)
]
ONE_PLACE = directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_PLACES, places=1)
KEM = {"agency": "KEM"}
STAFF = (Role.CASEWORKER, Role.INTAKE_WORKER)
NAMED_STAFF = (*STAFF, Role.SUPERVISOR)
"""Roles that no other test has together: names of services are kept for a while."""


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


async def test_whom_to_call_in_an_emergency_stands_wherever_it_is_seen(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        await browser.get("/desk?whose=all")  # names of services are kept from now on; a number is not
    agency = await make_agency(console)
    [referral_id] = await agency.offered(urgency=EMERGENCY)
    here = page_of(agency, referral_id)
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        for path in (here, here.partition("/referrals")[0], "/desk?whose=all"):
            page = await browser.get(path)
            assert page.code == 200, page.words[:300]
            assert 'href="tel:2100000000"' in page.html, path
        form = await browser.get(f"{here}/call")
        fields = dict(form.form("spoken_to").fields)
        assert fields["agency"] == str(agency.agency_id)
        assert re.fullmatch(r"\d\d/\d\d/\d{4}", fields["day"])
        assert re.fullmatch(r"\d\d:\d\d", fields["clock"])
        done = await browser.send(
            form,
            "spoken_to",
            spoken_to="The one on duty",
            told=["LANGUAGES"],
            result="TAKEN",
            basis="VITAL_INTEREST",
            circumstances="Nowhere to sleep tonight",
        )
        assert "The hand-over is on record." in done.words, done.words[:500]

        async def nobody_is_to_be_called() -> bool:
            return "tel:2100000000" not in (await browser.get(here)).html

        await until(nobody_is_to_be_called)


async def test_where_no_number_is_known_it_is_said_what_to_do_instead(console: ConsoleHub) -> None:
    without = await make_agency(console, duty_phone="", opening=DAY_AND_NIGHT)
    [referral_id] = await without.offered(urgency=EMERGENCY)
    here = page_of(without, referral_id)
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        page = await browser.get(here)
        assert "Call them now" in page.words
        assert "call the number that you have of them" in page.words
        assert 'href="tel:112"' in page.html.partition("<footer")[0]
        case = await browser.get(here.partition("/referrals")[0])
        assert "Call them now; the directory has no number for emergencies." in case.words


async def test_who_waits_for_a_place_is_not_said_to_be_asked(console: ConsoleHub) -> None:
    full = await make_agency(console, capacity=ONE_PLACE)
    await full.held()
    referral_id = await to_choose(full, await full.person())
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        page = await browser.get(page_of(full, referral_id))
        assert "They are asked one after another" in page.words
        page = await choose(browser, page, full.service.service_id)
        assert page.path.endswith("?said=waits"), page.words[:300]
        assert "Nobody is asked yet" in page.words
        assert "The provider is asked." not in page.words
    assert await full.state(referral_id) == "WAITLISTED"


async def test_who_was_left_out_is_shown_by_name_for_the_reason_that_is_asked_for(
    console: ConsoleHub,
) -> None:
    named = directory_pb2.BilingualText(el="Μόνο για άλλους", en="Only for others")
    other = directory_pb2.BilingualText(el="Κρυφό καταφύγιο", en="Hidden shelter")
    only_old = directory_pb2.Eligibility(age_bands=["BAND_65_PLUS"])
    left_out = await make_agency(console, name=named, eligibility=only_old, service_type="GREEK_B1")
    hidden = directory_pb2.LISTING_NAMED_STAFF
    await make_agency(console, name=other, eligibility=only_old, service_type="GREEK_B1", listing=hidden)
    fits = await make_agency(console, service_type="GREEK_B1")
    referral_id = await to_choose(fits, await fits.registered())
    here = page_of(fits, referral_id)
    async with console.browser(*STAFF, **KEM) as browser:
        page = await browser.get(here)
        assert "Only for others" not in page.words.partition("Who was left out")[2]
        asked = [link for link in page.links if link.startswith(f"{here}?left-out=")]
        shown = [await browser.get(link.partition("#")[0]) for link in asked]
        words = " ".join(one.words.partition("Who was left out")[2] for one in shown)
        assert "Only for others" in words
        assert "Hidden shelter" not in words
    async with console.browser(*NAMED_STAFF, **KEM) as browser:
        shown = [await browser.get(link.partition("#")[0]) for link in asked]
        assert any("Hidden shelter" in one.words.partition("Who was left out")[2] for one in shown)
    assert left_out.service.service_id != fits.service.service_id


async def test_somebody_who_was_not_proposed_is_asked_for_a_reason_that_stays(console: ConsoleHub) -> None:
    old = directory_pb2.Eligibility(age_bands=["BAND_65_PLUS"])
    agency = await make_agency(console, eligibility=old, service_type="GREEK_A2")
    referral_id = await to_choose(agency, await agency.person())
    async with console.browser(Role.GBV_FOCAL_POINT, Role.INTAKE_WORKER, **KEM) as browser:
        page = await browser.get(page_of(agency, referral_id))
        refused = await choose(browser, page, agency.service.service_id)
        assert refused.code == 400
        assert dict(refused.form("override_reason").fields)["other"] == agency.service.service_id
        reason = {"override_reason": "KNOWN_THERE"}
        done = await choose(browser, refused, agency.service.service_id, **reason)
        assert done.path.endswith("?said=asked"), done.words[:500]
    [offer] = (await agency.sent(referral_id)).offers
    assert offer.service_id == agency.service.service_id


async def test_an_agencys_question_is_answered_at_the_desk(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    offer_id = (await agency.seen(referral_id)).offers[-1].offer_id
    await agency.call("RequestInformation", offer_id=offer_id, question="Is a morning course possible?")
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        page = await browser.get(page_of(agency, referral_id))
        assert "Is a morning course possible?" in page.words
        empty = await browser.send(page, "answer", answer="")
        assert empty.code == 400
        assert "Write the answer." in empty.words
        languages = [link for link in empty.links if "lang=el" in link]
        assert [(await browser.get(link)).code for link in languages] == [200], "a page that can be asked for"
        done = await browser.send(page, "answer", answer="Yes, until noon.")
        assert done.path.endswith("?said=answered")
        assert "Yes, until noon." in done.words
    assert "Yes, until noon." in [note.text for note in (await agency.seen(referral_id)).offers[-1].notes]


async def test_a_referral_is_cancelled_with_a_reason(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        form = await browser.get(page_of(agency, referral_id) + "/cancel")
        refused = await browser.send(form, "reason")
        assert refused.code == 400
        assert "Choose why." in refused.words
        [code, *_] = re.findall(r'name="reason" type="radio" value="([A-Z_]+)"', form.html)
        done = await browser.send(form, "reason", reason=code)
        assert "The referral is cancelled." in done.words
    assert await agency.state(referral_id) == "CANCELLED"


async def test_what_should_never_have_been_is_marked_so(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    here = page_of(agency, referral_id)
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        form = await browser.get(f"{here}/cancel")
        done = await browser.send(form, f"{here}/error")
        assert "The referral is marked as entered in error." in done.words
    assert await agency.state(referral_id) == "ENTERED_IN_ERROR"


async def test_a_need_that_is_wanted_no_longer_is_withdrawn(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    here = page_of(agency, referral_id)
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        page = await browser.get(here)
        [withdraw] = [link for link in page.links if link.endswith("/withdraw")]
        form = await browser.get(withdraw)
        refused = await browser.send(form, "reason")
        assert refused.code == 400
        [code, *_] = re.findall(r'name="reason" type="radio" value="([A-Z_]+)"', form.html)
        done = await browser.send(form, "reason", reason=code)
        assert "The need is withdrawn; whoever was asked is told." in done.words
        elsewhere = await browser.get(f"{here.partition('/referrals')[0]}/needs/{referral_id}/withdraw")
        assert elsewhere.code == 404, "it is no need of this person"


async def test_a_receipt_is_refused_and_a_lost_one_made_not_valid(agency: PartnerAgency) -> None:
    here = f"/desk/people/{await agency.person()}"
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        form = await browser.get(f"{here}/receipt")
        refused = await browser.send(form, "language", refused="yes")
        assert refused.path == f"{here}?said=receipt-refused"
        assert "It is on record that the person wants no receipt." in refused.words
        form = await browser.get(f"{here}/receipt")
        await browser.send(form, "language", language="ar")
        form = await browser.get(f"{here}/receipt")
        revoked = await browser.send(form, "language", revoke="yes")
        assert revoked.path == f"{here}?said=receipt-revoked", revoked.words[:300]
        assert "The receipt is not valid any more." in revoked.words
