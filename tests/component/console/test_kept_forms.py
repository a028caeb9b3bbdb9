"""A form that a silent service did not take: nothing of it is lost, and sent again it counts once."""

import hmac
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.caller import AssertionSigner
from kernel.vocabulary import Role
from tests.component.console.test_away import silent
from tests.component.console.test_partner_referral import form_of
from tests.support.console import ConsoleHub, running_console
from tests.support.desk import choose, page_of, to_choose
from tests.support.pages import Shown
from tests.support.partner_agency import PartnerAgency, make_agency, opened
from tools.sample_staff import begin_session
from tools.stack.ports import Ports
from tools.stack.run_file import read_run
from tools.stack.services import environment

KEM = {"agency": "KEM"}
VISITOR = "v" * 32
KEPT = "Your form is kept on this page."


@pytest.fixture(scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ConsoleHub]:
    """One whose services fall silent, so that no other test's do."""
    services = ("intake", "referral", "access", "notifications", "console")
    async with running_console(tmp_path_factory.mktemp("kept"), services) as running:
        yield running


@pytest.fixture(scope="module")
async def agency(hub: ConsoleHub) -> PartnerAgency:
    return await make_agency(hub)


def kept(page: Shown, sent: Shown, having: str, **typed: str) -> None:
    """The page holds what was typed, as the same request, and a way to send it again."""
    assert page.code == 503, page.words[:300]
    assert KEPT in page.words
    fields = dict(page.form(having).fields)
    assert {name: fields[name] for name in typed} == typed
    assert fields["request_id"] == dict(sent.form(having).fields)["request_id"]
    assert "lang=" not in " ".join(page.links), "another language would ask for an empty form"


async def test_needs_are_kept(hub: ConsoleHub, agency: PartnerAgency) -> None:
    person = f"/desk/people/{await agency.registered()}"
    words = f"A bed <b>tonight</b>. {uuid4()}"
    async with hub.browser(Role.CASEWORKER, **KEM) as browser:
        form = await browser.get(f"{person}/needs")
        with silent(hub, "intake"):
            page = await browser.send(form, "type_1", type_1="FOOD", urgency_1="URGENT", note_1=words)
        kept(page, form, "type_1", type_1="FOOD", urgency_1="URGENT", note_1=words)
        assert words in page.words, "what was typed is read as it was typed"
        assert "How soon? Urgent" in page.words
        done = await browser.send(page, "type_1")
        assert done.path.endswith("?said=need-recorded"), done.words[:300]
        assert (await browser.send(page, "type_1")).path == done.path
        case = await browser.get(person)
        assert len({link for link in case.links if "/referrals/" in link}) == 1


async def test_a_consent_is_kept(hub: ConsoleHub, agency: PartnerAgency) -> None:
    person = f"/desk/people/{await agency.registered()}"
    referral_id = await to_choose(agency, agency.people[-1])
    answers = {"spoken_language": "fra", "understanding_checked": "yes", "method": "WRITTEN", "period": "6"}
    async with hub.browser(Role.CASEWORKER, **KEM) as browser:
        form = await browser.get(f"{person}/consents/new?for={referral_id}")
        with silent(hub, "intake"):
            page = await browser.send(form, "categories_1", categories_1=["NAME", "LANGUAGES"], **answers)
        kept(page, form, "categories_1", **answers)
        fields = page.form("categories_1").fields
        assert [value for name, value in fields if name == "categories_1"] == ["NAME", "LANGUAGES"]
        done = await browser.send(page, "categories_1")
        assert done.path.endswith("?said=consent-recorded"), done.words[:500]


async def test_a_choice_is_kept_and_asks_one_provider_once(hub: ConsoleHub, agency: PartnerAgency) -> None:
    referral_id = await to_choose(agency, await agency.person())
    here, service_id = page_of(agency, referral_id), agency.service.service_id
    async with hub.browser(Role.CASEWORKER, **KEM) as browser:
        form = await browser.get(here)
        with silent(hub, "referral"):
            page = await choose(browser, form, service_id)
        kept(page, form, f"{here}/offer", **{f"order_{service_id}": "1"})
        assert here in page.links, "whoever does not send it goes back to the referral"
        done = await browser.send(page, f"{here}/offer")
        assert done.path == f"{here}?said=asked", done.words[:300]
    assert len((await agency.sent(referral_id)).offers) == 1


async def test_a_partners_answer_is_kept_and_counts_once(hub: ConsoleHub, agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        fields = form_of(page, "decline") | {"decline_reason": "OUTSIDE_AREA"}
        with silent(hub, "referral"):
            back = await browser.post(page.path, fields)
        kept(back, page, "decline_reason", decline_reason="OUTSIDE_AREA")
        done = await browser.send(back, "decline_reason")
        assert done.path == "/partner?said=offer-declined", done.words[:300]
    assert [one.reason for one in (await agency.sent(referral_id)).offers][:1] == ["OUTSIDE_AREA"]


async def test_a_form_is_kept_also_while_nobody_can_say_who_sent_it(
    hub: ConsoleHub, agency: PartnerAgency
) -> None:
    person = f"/desk/people/{await agency.registered()}"
    worker = await hub.member(Role.CASEWORKER, **KEM)
    session = await begin_session(hub.hub, worker)
    fields = {"type_1": "FOOD", "note_1": f"Two children. {uuid4()}", "request_id": str(uuid4())}
    async with hub.browser() as browser:
        browser.keep("kem-session", session)
        browser.keep("kem-visitor", VISITOR)
        token = token_of(hub, str(worker.principal_id), session)
        with silent(hub, "access"):
            page = await browser.post(f"{person}/needs", fields | {"csrf": token})
            foreign = await browser.post(f"{person}/needs", fields | {"csrf": "0" * 64})
        assert page.code == foreign.code == 503
        assert KEPT in page.words
        assert fields["note_1"] in page.words
        assert fields["note_1"] not in foreign.html, "it may be another site that sent it"
        done = await browser.send(page, "type_1")
        assert done.path.endswith("?said=need-recorded"), done.words[:300]


def token_of(hub: ConsoleHub, principal_id: str, session: str) -> str:
    """Of a form that the console gave to somebody in this session, before it forgot whose that is."""
    run = read_run(hub.stack.layout)
    assert run is not None
    settings = environment(hub.stack.root, hub.stack.layout, Ports(run.base_port), {}, "console", {})
    signer = AssertionSigner("service:console", Path(settings["KEM_CONSOLE_IDENTITY_FILE"]))
    key = signer.derived_key("forms of the console")

    def mark(*about: str) -> str:
        return hmac.new(key, "\0".join((*about, VISITOR)).encode(), sha256).hexdigest()

    writer = mark("writer", principal_id)
    return f"{mark('browser')}.{writer}.{mark('session', writer, session)}"


async def test_no_password_is_shown_again(hub: ConsoleHub) -> None:
    async with hub.browser() as browser:
        form = await browser.get("/sign-in")
        typed = {"login": "nobody", "password": "four green chairs"}
        with silent(hub, "access"):
            page = await browser.fill_in(form, "password", typed)
        assert page.code == 503
        assert "four green chairs" not in page.html
        assert KEPT not in page.words
