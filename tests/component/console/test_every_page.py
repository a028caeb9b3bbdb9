"""Every page, asked for by everybody: who is kept out, what it calls, what browsers are told to keep to."""

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final

import pytest
from starlette.routing import compile_path

from kernel.vocabulary import Role
from services.console.entrypoints.page import EVERYBODY, Page
from services.console.entrypoints.pages.waiting import COUNT_WAITING
from tests.browser.office import Office, make_office, settle_letters
from tests.browser.page_lists import (
    EVERY,
    NOWHERE,
    of_a_case,
    of_a_history,
    of_a_register,
    of_a_service,
    of_an_agency,
    of_an_office,
    of_complaints,
)
from tests.component.console.every_page import Answered, Pages, asked, pages_of_running
from tests.support.console import ConsoleHub
from tests.unit.console.pages import every_page
from tools.notices.publishing import sample_notice

OF_THE_HUB: Final = frozenset(
    {
        Role.ACCMR_OFFICER,
        Role.SAFEGUARDING_OFFICER,
        Role.DPO,
        Role.AUDITOR,
        Role.OPERATOR,
    }
)
"""Who work for no agency."""
OF_A_PARTNER: Final = frozenset({Role.AGENCY_MEMBER, Role.AGENCY_ADMIN})
ROLES: Final[tuple[Role, ...]] = tuple(role for role in Role if role is not Role.SERVICE)
OF_THE_DOOR: Final = frozenset({"SignInService/IssueAssertion", COUNT_WAITING})
"""What is called for whoever looks, whatever the page: who they are, and what their agency must answer."""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
_NO_ID: Final = "0a4f2c1e-6d3b-4e0a-9f57-2b1c8d7e6f50"


@dataclass
class Everything:
    """The pages, something to be seen on each, and a session of everybody."""

    pages: Pages
    sessions: dict[Role, str]
    addresses: dict[str, list[str]]
    """By the path of a page those at which it answers, that of nothing first."""

    def of(self, page: Page) -> list[str]:
        return self.addresses[page.path]


GETS: Final = tuple(page for page in every_page() if "GET" in page.methods)


def addresses_of(seen: Iterable[str]) -> dict[str, list[str]]:
    """Of each page an invented one, and those of these at which it is the first that fits."""
    fitting = [(page.path, compile_path(page.path)[0]) for page in GETS]
    found = {page.path: [re.sub(r"\{\w+\}", _NO_ID, page.path)] for page in GETS}
    for address in dict.fromkeys(seen):
        path = next((path for path, fits in fitting if fits.match(address.partition("?")[0])), "")
        if path:
            found[path].append(address)
    return found


@pytest.fixture(scope="module")
async def office(console: ConsoleHub) -> AsyncIterator[Office]:
    yield await make_office(console)
    await settle_letters(console)


@pytest.fixture(scope="module")
async def everything(console: ConsoleHub, office: Office) -> AsyncIterator[Everything]:
    agency = office.agency
    [referral_id] = await agency.held()
    person = agency.people[-1]
    need_id = (await agency.sent(referral_id)).need_id
    sessions = {
        role: await console.session(
            role, agency="" if role in OF_THE_HUB else agency.code if role in OF_A_PARTNER else "KEM"
        )
        for role in ROLES
    }
    service_id, member_id = agency.service.service_id, office.account_ids[0]
    real = (
        *of_a_service(service_id),
        *of_a_case(f"/desk/people/{person}", f"/desk/people/{person}/referrals/{referral_id}", need_id),
        *of_an_agency(service_id, f"{service_id}/activities/{_NO_ID}", _NO_ID, member_id, referral_id),
        *of_a_history(referral_id, person),
        *of_an_office(office.access_request, office.erasure_request, office.certificate_id),
        *of_a_register(str(agency.agency_id), sample_notice("el").version, *office.account_ids),
        *of_complaints(*office.complaint_ids),
    )
    async with pages_of_running(console) as pages:
        yield Everything(pages, sessions, addresses_of((*EVERY, *real)))


async def test_nobody_without_the_role_is_shown_a_page(everything: Everything) -> None:
    shown = []
    for role in ROLES:
        app, session = everything.pages.of(role), everything.sessions[role]
        for page in GETS:
            if page.roles is EVERYBODY or role in page.roles:
                continue
            for address in everything.of(page)[:2]:
                found = await asked(app, address, session=session)
                if found.code != 403 or found.calls - OF_THE_DOOR:
                    shown.append(f"{role} {address}: {found.code} {set(found.calls)}")
    assert shown == []


async def test_nobody_who_has_not_signed_in_is_shown_a_page_of_staff(everything: Everything) -> None:
    app, shown = everything.pages.of("nobody"), []
    for page in GETS:
        if page.roles is EVERYBODY:
            continue
        found = await asked(app, everything.of(page)[0])
        if page.is_asked_by_itself:
            assert found.code == 401
        elif found.code != 303 or not found.headers["location"].startswith("/sign-in") or found.calls:
            shown.append(f"{page.path}: {found.code}")
    assert shown == []


async def _opened(everything: Everything, page: Page) -> list[tuple[Role | None, str, Answered]]:
    """The page as everybody sees it who may: who, where, and what came of it."""
    named = page.roles
    roles: list[Role | None] = [None] if named is EVERYBODY else [one for one in ROLES if one in named]
    found: list[tuple[Role | None, str, Answered]] = []
    for role in roles:
        session = everything.sessions[role] if role else ""
        for address in everything.of(page):
            answered = await asked(everything.pages.console(), address, session=session)
            found.append((role, address, answered))
    return found


async def test_a_page_calls_nothing_that_it_does_not_name_and_browsers_are_told_to_be_careful(
    everything: Everything,
) -> None:
    """What a page names is compared with the doors' own tables in tests/unit/console."""
    wrong, called = [], 0
    for page in GETS:
        if page.is_asked_by_itself or page.path.startswith(("/sign-in/at", "/signed-in")):
            continue  # goes on for ever, or to somebody else's pages
        for role, address, found in await _opened(everything, page):
            where = f"{role or 'anybody'} {address}: {found.code}"
            named = {*page.calls, *(page.calls_of.get(role, ()) if role else ())}
            if unnamed := found.calls - OF_THE_DOOR - named:
                wrong.append(f"{where} calls {unnamed}")
            if found.code >= 500 or (found.code == 403 and "not open to you" in found.body):
                wrong.append(where)
            wrong += [
                f"{where} says {name}: {found.headers.get(name)}"
                for name, value in HEADERS.items()
                if found.headers.get(name) != value
            ]
            wrong += [f"{where} sets {one}" for one in found.cookies if not _is_safe(one)]
            called += len(found.calls)
    assert wrong == []
    assert called > 300, "something was there to be asked for"


def _is_safe(cookie: str) -> bool:
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    return cookie.startswith("__Host-kem-") and {"httponly", "secure", "samesite=lax", "path=/"} <= flags


@pytest.mark.parametrize("language", ["el", "en", "ar", "fa", "ur", "fr"])
async def test_where_there_is_nothing_it_is_said_in_the_readers_language(
    everything: Everything, language: str
) -> None:
    app = everything.pages.of("nobody")
    for address in (*NOWHERE, f"/services/{_NO_ID}"):
        found = await asked(app, address, language=language)
        direction = "rtl" if language in ("ar", "fa", "ur") else "ltr"
        assert found.code == 404
        assert f'<html lang="{language}" dir="{direction}"' in found.body
        assert "govuk-js-exit-this-page-button" in found.body
        assert '<span lang="en"' not in found.body, "no sentence of it is in another language"
        assert {name: found.headers[name] for name in HEADERS} == HEADERS


async def test_where_there_is_nothing_whoever_has_signed_in_goes_on_to_their_own_first_page(
    everything: Everything,
) -> None:
    found = await asked(everything.pages.of("nobody"), NOWHERE[0], session=everything.sessions[Role.DPO])
    assert found.code == 404
    assert 'href="/audit/rights"' in found.body or 'href="/audit"' in found.body
    assert found.body.count('href="/home"') >= 2
    assert "govuk-js-exit-this-page-button" not in found.body


async def test_files_are_taken_by_no_form_and_that_is_said(everything: Everything) -> None:
    body = (
        b'--x\r\ncontent-disposition: form-data; name="words"; filename="a.txt"\r\n\r\nof-a-file\r\n--x--\r\n'
    )
    of_files = {"content-type": "multipart/form-data; boundary=x"}
    for address, role in (("/complaint", None), ("/complaints/new", Role.DPO), ("/sign-in", None)):
        session = everything.sessions[role] if role else ""
        found = await asked(
            everything.pages.of("files"), address, session=session, sent=body, headers=of_files
        )
        assert found.code == 415
        assert "Files are not taken" in found.body
        assert "of-a-file" not in found.body
        assert not found.calls - OF_THE_DOOR
