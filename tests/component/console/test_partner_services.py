"""An agency keeps its services, their places and their courses at the console."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kernel.vocabulary import Role
from services.console.entrypoints.pages.partner.cards import PARTNER
from services.console.entrypoints.rendering import ATHENS
from tests.support.console import ConsoleHub
from tests.support.pages import Shown
from tests.support.partner_agency import PartnerAgency, make_agency
from tests.support.partner_services import LIST, courses, grouped, known, path_of, places, save_service


@pytest.fixture
async def agency(console: ConsoleHub) -> PartnerAgency:
    """One for each test: what is saved by one is no other's."""
    return await make_agency(console, capacity=places(3))


async def test_a_service_is_changed_and_what_the_form_does_not_show_stays(agency: PartnerAgency) -> None:
    async with agency.browser() as browser:
        page = await browser.get(path_of(agency))
        assert page.code == 200
        unchanged = await browser.send(page, "name_el")
        assert unchanged.path == f"{path_of(agency)}?said=service-saved"
        first = await known(agency)
        assert first.service == agency.service
        done = await browser.send(
            page,
            "name_el",
            name_en="Greek for everybody",
            places="12",
            languages=["ell", "fra"],
            age_bands=["BAND_18_24", "BAND_25_44"],
            areas="ATHENS_1",
            from_1_0="09:00",
            until_1_0="14:00",
            from_1_1="17:30",
            until_1_1="00:00",
            address="Λεμονιάς 5",
            request_id=str(uuid4()),
        )
        assert done.path == f"{path_of(agency)}?said=service-saved"
    now = await known(agency)
    service = now.service
    assert (service.name.en, service.name.el) == ("Greek for everybody", "Ελληνικά για αρχάριους")
    assert list(service.languages) == ["ell", "fra"]
    assert list(service.eligibility.age_bands) == ["BAND_18_24", "BAND_25_44"]
    assert list(service.areas) == ["ATHENS_1"]
    assert [(one.weekday, one.from_minute, one.until_minute) for one in service.opening] == [
        (1, 540, 840),
        (1, 1050, 1440),
    ]
    assert (service.location.address, service.duty_phone, now.free_places) == (
        "Λεμονιάς 5",
        "210 0000000",
        12,
    )


def on_monday(*stretches: tuple[int, int]) -> list[directory_pb2.OpeningHours]:
    """Hours of one day, by the minute."""
    return [
        directory_pb2.OpeningHours(weekday=1, from_minute=first, until_minute=last)
        for first, last in stretches
    ]


async def test_every_stretch_of_a_day_is_kept_and_there_is_room_for_one_more(agency: PartnerAgency) -> None:
    three = ((480, 600), (660, 780), (1020, 1140))
    service_id = await save_service(agency, opening=on_monday(*three))
    path = f"{LIST}/{service_id}"
    async with agency.browser() as browser:
        page = await browser.send(await browser.get(path), "name_el", name_en="Open often")
        assert page.path == f"{path}?said=service-saved"
        assert list((await known(agency, service_id)).service.opening) == on_monday(*three)
        page = await browser.send(page, "name_el", from_1_3="20:00", until_1_3="21:00")
        assert page.path == f"{path}?said=service-saved"
        four = (await known(agency, service_id)).service.opening
        assert list(four) == on_monday(*three, (1200, 1260))
        # what is emptied is gone, and nothing else
        await browser.send(page, "name_el", from_1_1="", until_1_1="")
    left = (await known(agency, service_id)).service.opening
    assert list(left) == on_monday(three[0], three[2], (1200, 1260))


async def test_a_slip_in_a_third_stretch_is_said_and_the_stretch_stays(agency: PartnerAgency) -> None:
    service_id = await save_service(agency, opening=on_monday((480, 600), (660, 780)))
    async with agency.browser() as browser:
        page = await browser.get(f"{LIST}/{service_id}")
        wrong = await browser.send(page, "name_el", from_1_2="19:00", until_1_2="18:00")
    assert wrong.code == 400
    assert "Monday: hours begin before they end" in wrong.words
    kept = dict(wrong.form("name_el").fields)
    assert (kept["from_1_2"], kept["until_1_2"]) == ("19:00", "18:00")


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(agency: PartnerAgency) -> None:
    async with agency.browser() as browser:
        page = await browser.get(path_of(agency))
        wrong = await browser.send(
            page,
            "name_el",
            name_el="",
            name_en="x" * 301,
            places="many",
            district="",
            from_2_0="14:00",
            until_2_0="09:00",
            listing="NAMED_STAFF",
        )
        assert wrong.code == 400
        for words in (
            "Write the name in both languages.",
            "at most 300 characters",
            "Write how many places there are",
            "Choose the district.",
            "Tuesday: hours begin before they end",
        ):
            assert words in wrong.words, words
        kept = dict(wrong.form("name_el").fields)
        assert (kept["places"], kept["from_2_0"], kept["listing"]) == ("many", "14:00", "NAMED_STAFF")
        forged = await browser.send(page, "name_el", listing="NOBODY", visibility="NOWHERE")
        assert "Choose who may know of it." in forged.words
    assert (await known(agency)).service == agency.service


async def test_a_name_that_the_directory_does_not_take_is_told_in_its_words(agency: PartnerAgency) -> None:
    async with agency.browser() as browser:
        page = await browser.get(path_of(agency))
        refused = await browser.send(page, "name_el", name_en="Greek​lessons")
        assert refused.code == 400
        assert "There is a problem" in refused.words
    assert (await known(agency)).service == agency.service


async def test_a_new_service_is_added_once_however_often_it_is_sent(agency: PartnerAgency) -> None:
    async with agency.browser() as browser:
        kinds = await browser.get(f"{LIST}/new")
        page = await browser.send(kinds, "service_type", service_type="GBV_SHELTER")
        chosen = dict(page.form("name_el").fields)
        assert (chosen["listing"], chosen["visibility"]) == ("NAMED_STAFF", "HIDDEN"), (
            "unless somebody decides"
        )
        page = await browser.send(kinds, "service_type", service_type="JOB_COUNSELLING")
        for _ in range(2):
            done = await browser.send(
                page,
                "name_el",
                name_el="Εργασία",
                name_en="Work",
                district="ATHENS_2",
                places="4",
                languages="ell",
            )
            assert done.code == 200
            assert done.path.endswith("?said=service-saved")
        service_id = done.path.removeprefix(f"{LIST}/").partition("?")[0]
        assert (await browser.get(LIST)).links.count(f"{LIST}/{service_id}") == 1
    made = (await known(agency, service_id)).service
    assert (made.agency_id, made.service_type) == (str(agency.agency_id), "JOB_COUNSELLING")
    assert made.capacity == places(4)


async def test_a_hidden_place_is_shown_to_admins_and_no_member_writes_over_it(console: ConsoleHub) -> None:
    place = directory_pb2.Location(
        district="ATHENS_4",
        address="Κρυφή 1",
        visibility=directory_pb2.LOCATION_VISIBILITY_HIDDEN,
    )
    shelter = await make_agency(console, listing=directory_pb2.LISTING_NAMED_STAFF, location=place)
    async with shelter.browser() as browser:
        page = await browser.get(path_of(shelter))
        assert "only an admin of your agency" in page.words
        assert "Κρυφή" not in page.html
        assert not any("name_el" in form.names for form in page.forms)
        suspend = next(form for form in page.forms if dict(form.fields).get("step") == "suspend")
        forged = grouped(suspend.fields) | {"step": ["save"], "name_el": ["α"], "name_en": ["a"]}
        assert (await browser.post(path_of(shelter), forged)).code == 400
    async with shelter.browser(Role.AGENCY_ADMIN) as browser:
        page = await browser.get(path_of(shelter))
        assert "Κρυφή 1" in page.html
        await browser.send(page, "name_el", name_en="A house")
        page = await browser.get(path_of(shelter))
        assert "Κρυφή 1" in page.html
        assert "A house" in page.words


async def test_a_service_is_suspended_and_resumed(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await browser.get(path_of(agency))
        suspend = next(form for form in page.forms if dict(form.fields).get("step") == "suspend")
        page = await browser.post(path_of(agency), grouped(suspend.fields))
        assert page.path == f"{path_of(agency)}?said=service-suspended"
        assert "Nobody is referred here now" in page.words
        assert "Suspended" in (await browser.get(LIST)).words
        assert (await known(agency)).suspended
        resume = next(form for form in page.forms if dict(form.fields).get("step") == "resume")
        page = await browser.post(path_of(agency), grouped(resume.fields))
        assert page.path == f"{path_of(agency)}?said=service-resumed"
    assert not (await known(agency)).suspended
    assert referral_id


async def test_a_course_is_added_changed_and_confirmed(agency: PartnerAgency) -> None:
    today = datetime.now(ATHENS).date()
    begin, end = (today + timedelta(days=days) for days in (7, 60))
    path = f"{path_of(agency)}/activities/new"
    async with agency.browser() as browser:
        page = await browser.get(path)
        wrong = await browser.send(page, "name_el", name_en="Evening class", places="x", start_day="soon")
        assert wrong.code == 400
        for words in ("Write the name in both languages.", "Give a day like", "Write how many places"):
            assert words in wrong.words
        backwards = await browser.send(
            wrong,
            "name_el",
            name_el="Βραδινό τμήμα",
            places="15",
            start_day=end.isoformat(),
            end_day=begin.strftime("%d/%m/%Y"),
        )
        assert "It must end after it begins." in backwards.words
        for _ in range(2):
            done = await browser.send(
                backwards,
                "name_el",
                start_day=begin.isoformat(),
                end_day=end.isoformat(),
                start_clock="17:00",
            )
            assert done.path == f"{path_of(agency)}?said=activity-saved"
        assert "Evening class" in done.words
        [made] = await courses(agency)
        start = made.activity.start_time.ToDatetime(tzinfo=UTC).astimezone(ATHENS)
        assert (start.date(), start.hour) == (begin, 17)
        page = await browser.get(f"{path_of(agency)}/activities/{made.activity.activity_id}")
        shown = dict(page.form("name_el").fields)
        assert (shown["start_day"], shown["start_clock"], shown["places"]) == (
            begin.isoformat(),
            "17:00",
            "15",
        )
        await browser.send(page, "name_el", places="9")
        [made] = await courses(agency)
        assert made.free_places == 9
        listed = await browser.get(LIST)
        assert "9 free of 9" in listed.words
        token = f"{made.activity.activity_id}|9"
        assert any(("unit", token) in form.fields for form in listed.forms)
        # places are the course's now
        assert "Its courses have places of their own" in (await browser.get(path_of(agency))).words
        assert (await browser.get(f"{path_of(agency)}/activities/{uuid4()}")).code == 404


async def test_without_a_service_the_page_says_what_to_do(console: ConsoleHub) -> None:
    async with console.browser(Role.AGENCY_MEMBER, agency=(await bare_agency(console))) as browser:
        page = await browser.get(LIST)
    assert "You have no service here yet" in page.words
    assert f"{LIST}/new" in page.links


async def bare_agency(console: ConsoleHub) -> str:
    """The code of an agency that has nothing."""
    code = f"BARE-{uuid4().hex[:10].upper()}"
    keeper = console.hub.person(uuid4(), None, Role.OPERATOR)
    request = directory.SaveAgenciesRequest(
        request_id=str(uuid4()),
        agencies=[
            directory_pb2.Agency(
                agency_id=str(uuid4()),
                code=code,
                name=directory_pb2.BilingualText(el="Νέος φορέας", en="New agency"),
                sample=True,
            )
        ],
    )
    await console.hub.directory.SaveAgencies(request, metadata=keeper.credentials())
    return code


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.OPERATOR, Role.COMMITTEE_COORDINATOR])
async def test_other_roles_are_kept_out(console: ConsoleHub, role: Role) -> None:
    assert role not in PARTNER
    async with console.browser(role, agency="KEM") as browser:
        for path in (LIST, f"{LIST}/new", f"{LIST}/{uuid4()}", f"{LIST}/{uuid4()}/activities/new"):
            page: Shown = await browser.get(path)
            assert page.code == 403
