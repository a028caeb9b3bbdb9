"""A name in Arabic letters does not turn the text around it: wherever it stands, it stands in bdi."""

from html.parser import HTMLParser
from typing import Final
from uuid import uuid4

import pytest

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kernel.vocabulary import Role
from services.console.entrypoints.rendering import environment_in
from tests.support.console import ConsoleHub
from tests.support.pages import Browser
from tests.support.partner_agency import PartnerAgency, make_agency, until

AGENCY, SERVICE = "جمعية العينة", "دروس اليونانية للمبتدئين"
NAMES_ARE_KEPT_SECONDS: Final = 45.0
"""With a margin: a test before may have had them asked for just now."""
NAMES: Final = (AGENCY, SERVICE, "الإختراع")
"""The last one is of everybody whom tests invent."""
VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
ALONE: Final = frozenset({"title", "option", "textarea"})
"""What holds nothing but its own text, and cannot hold an element."""


class Bare(HTMLParser):
    """Collects texts in which one of the names stands and nothing keeps it apart."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.bare: list[str] = []
        self._above: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self._above.append((tag, dict(attrs).get("dir") == "auto"))

    def handle_endtag(self, tag: str) -> None:
        while self._above and self._above.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(name in data for name in NAMES):
            return
        self.seen += 1
        if not any(tag == "bdi" or tag in ALONE or is_auto for tag, is_auto in self._above):
            self.bare.append(" ".join(data.split()))


def bare_in(html: str) -> list[str]:
    reader = Bare()
    reader.feed(html)
    assert reader.seen, f"no name is on this page: {html[-3000:]}"
    return reader.bare


def test_a_bare_name_is_found() -> None:
    assert bare_in(f"<p>Asked: <bdi>{AGENCY}</bdi></p><p dir=auto>{SERVICE}</p>") == []
    assert bare_in(f"<p><br>Asked: {AGENCY}</p><bdi>x</bdi>") == [f"Asked: {AGENCY}"]


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    made = await make_agency(console, name=directory_pb2.BilingualText(el=SERVICE, en=SERVICE))
    named = directory_pb2.Agency(
        agency_id=str(made.agency_id),
        code=made.code,
        name=directory_pb2.BilingualText(el=AGENCY, en=AGENCY),
        committees=["education_learning"],
        sample=True,
    )
    await made.hub.directory.SaveAgencies(
        directory.SaveAgenciesRequest(request_id=str(uuid4()), agencies=[named]),
        metadata=made.hub.person(uuid4(), None, Role.OPERATOR).credentials(),
    )
    return made


async def bare_on(browser: Browser, *paths: str) -> list[str]:
    found = []
    for path in paths:
        page = await browser.get(path)
        assert page.code == 200, path
        found += [f"{path}: {one}" for one in bare_in(page.html)]
    return found


async def test_so_it_is_at_the_desk(agency: PartnerAgency) -> None:
    [held] = await agency.held()
    person = agency.people[-1]
    [asked] = await agency.offered()
    other = agency.people[-1]
    async with agency.console.browser(Role.CASEWORKER, agency="KEM") as browser:

        async def are_named() -> bool:
            case = await browser.get(f"/desk/people/{person}")
            referral = await browser.get(f"/desk/people/{person}/referrals/{held}")
            return AGENCY in case.words and SERVICE in referral.words

        await until(are_named, NAMES_ARE_KEPT_SECONDS)
        found = await bare_on(
            browser,
            *(f"/desk/people/{person}", f"/desk/people/{person}/referrals/{held}"),
            *(f"/desk/people/{other}", f"/desk/people/{other}/referrals/{asked}"),
            *(f"/desk/people/{other}/{page}" for page in ("contacts", "consents", "needs", "receipt")),
            *("/desk?whose=all",),
        )
    assert found == []


async def test_so_it_is_in_an_agency(agency: PartnerAgency) -> None:
    [held] = await agency.held()
    async with agency.browser(Role.AGENCY_MEMBER, Role.AGENCY_ADMIN) as browser:
        service = f"/partner/services/{agency.service.service_id}"
        found = await bare_on(
            browser,
            *("/partner/held", f"/partner/referrals/{held}", "/partner/services", service),
            f"{service}/activities/new",
        )
    assert found == []


async def test_so_it_is_for_everybody_and_whoever_keeps_agencies(agency: PartnerAgency) -> None:
    async with agency.console.browser() as browser:

        async def is_listed() -> bool:
            return (await browser.get(f"/services/{agency.service.service_id}")).code == 200

        await until(is_listed, NAMES_ARE_KEPT_SECONDS)
        found = await bare_on(browser, f"/services/{agency.service.service_id}")
    async with agency.console.browser(Role.OPERATOR) as browser:
        found += await bare_on(browser, "/admin/agencies", f"/admin/agencies/{agency.agency_id}")
    assert found == []


@pytest.mark.parametrize("language", ["en", "el"])
def test_so_it_is_in_what_somebody_else_has_saved_and_in_a_story(language: str) -> None:
    templates = environment_in(language)
    stands = templates.get_template("_forms.html").module.what_stands("Saved since.", [("Name", SERVICE)])  # type: ignore[attr-defined]  # a macro
    assert bare_in(str(stands)) == []
    timeline = templates.get_template("_macros.html").module.timeline([("They ask", "now", SERVICE)])  # type: ignore[attr-defined]  # likewise
    assert bare_in(str(timeline)) == []
