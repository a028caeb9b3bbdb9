"""What auditors see of the ledger at the console: searched, followed, proved; and who is kept out."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from kem.disclosure.v1 import rights_service_pb2 as rights
from kernel.vocabulary import Role
from services.console.entrypoints.pages.audit.histories import LINES
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown
from tests.support.partner_agency import at, make_agency, until
from tools.audit import verifier

_NOBODY = "0a4f2c1e-6d3b-4e0a-9f57-2b1c8d7e6f50"

OPEN = ("/audit", "/audit/entries", "/audit/entries/0", "/audit/referrals", "/audit/people")
OFFICERS = ("/audit/emergencies", "/audit/accesses", "/audit/recalls", "/audit/rights")


async def covered(browser: Browser, path: str, told: str) -> Shown:
    """The page once a checkpoint stands for the line that tells this; that somebody looks is a line too."""

    async def is_covered() -> Shown | None:
        page = await browser.get(path)
        return page if "Under no checkpoint yet" not in line(page, told) else None

    found: Shown = await until(is_covered)
    return found


def line(page: Shown, told: str) -> str:
    """The markup of the line that tells this."""
    begun = page.html.index(told)
    return page.html[begun : page.html.index("data-kem-body", begun)]


@pytest.fixture(scope="module")
async def referral_id(console: ConsoleHub) -> str:
    """One that an agency has taken up."""
    agency = await make_agency(console)
    [found] = await agency.held()
    return found


async def test_auditors_begin_with_the_newest_checkpoint(console: ConsoleHub, referral_id: str) -> None:
    async with console.browser(Role.AUDITOR) as browser:
        page = await browser.get("/audit")
        assert page.code == 200
        assert "The newest checkpoint" in page.words
        assert "— " in page.words, "its signature"
        assert "What waits" not in page.words, "that is an officer's"
        assert "/audit/entries" in page.links


async def test_an_officer_sees_how_much_waits_and_reads_nothing_of_anybody(console: ConsoleHub) -> None:
    officer = await console.member(Role.DPO)
    async with console.browser_of(officer) as browser:
        page = await browser.get("/audit")
        assert "What waits" in page.words
        for path in OFFICERS:
            assert path in page.links
        before = waiting(page, "/audit/rights")
        agency = await make_agency(console)
        for _ in range(2):
            await agency.hub.rights.RegisterRightsRequest(
                rights.RegisterRightsRequestRequest(
                    request_id=str(uuid4()),
                    beneficiary_id=await agency.person(),
                    right=rights.RIGHT_ACCESS,
                    asked_by=rights.ASKED_BY_SELF,
                    words="What have you written about me?",
                    received_time=at(datetime.now(UTC) - timedelta(days=25)),
                ),
                metadata=agency.desk.credentials(),
            )
        page = await browser.get("/audit")
        assert waiting(page, "/audit/rights") == before + 2
        assert re.search(r"[\d,]+ due within a week", card(page, "/audit/rights"))
        assert page.calls <= 2, "one for the ledger's checkpoint, one for all that waits"

        async def own_accesses() -> str | None:
            """Once whatever the officer has done before is in the ledger: this look at it too."""
            found = await browser.get(f"/audit/entries?by={officer.principal_id}&kind=AccessRecorded")
            return found.words if "ListEntries" in found.words else None

        assert "RightsService" not in await until(own_accesses)


def card(page: Shown, path: str) -> str:
    """The words of the card that leads there."""
    markup = page.html[page.html.index(f'href="{path}"') :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup[: markup.index("</li>")])).split())


def waiting(page: Shown, path: str) -> int:
    """How many wait, as the card says."""
    found = re.search(r"([\d,]+) waits?\b", card(page, path))
    return int(found[1].replace(",", "")) if found else 0


async def test_a_referral_is_followed_from_the_need_on_each_line_proved(
    console: ConsoleHub, referral_id: str, tmp_path: Path
) -> None:
    async with console.browser(Role.AUDITOR) as browser:
        asked = await browser.get(f"/audit/referrals?id={referral_id}")
        assert asked.path == f"/audit/referrals/{referral_id}"
        page = await covered(browser, asked.path, "The provider took it up")
        words = page.words
        for told in ("The need was recorded", "A provider was asked", "The provider took it up"):
            assert told in words
        assert words.index("The need was recorded") < words.index("The provider took it up")
        assert "What the match proposed" in words
        assert "checked by the server" in words
        assert "Verified" in line(page, "The provider took it up")
        file = tmp_path / "one.kem-trace"
        file.write_text((await browser.get(f"{asked.path}/proof.json")).html)
        assert verifier.main(["file", str(file)]) == 0


async def test_a_long_history_is_read_as_far_as_it_is_shown(console: ConsoleHub, referral_id: str) -> None:
    """Whoever looks is a line too: after so many looks it has more than one page, and each is on record."""
    history = f"/audit/referrals/{referral_id}"
    reader = await console.member(Role.AUDITOR)
    async with console.browser(Role.AUDITOR) as other:
        for _ in range(LINES + 1):
            await other.get(history)
    async with console.browser_of(reader) as browser:

        async def is_long() -> Shown | None:
            page = await browser.get(history)
            return page if any("after=" in one for one in page.links) else None

        first = await until(is_long)
        seen = re.findall(r'data-kem-index="(\d+)"', first.html)
        assert len(seen) == LINES
        [onward] = [one for one in first.links if "after=" in one]
        second = await browser.get(onward)
        [begun, *_] = re.findall(r'data-kem-index="(\d+)"', second.html)
        assert int(begun) > int(seen[-1])
        mine = f"/audit/entries?about={referral_id}&by={reader.principal_id}&kind=AccessRecorded"

        async def looked() -> list[int]:
            """How many lines each of the reader's looks has read."""
            found = await browser.get(mine)
            entries = [one for one in found.links if re.fullmatch(r"/audit/entries/\d+", one)]
            shown = [(await browser.get(one)).html for one in entries]
            bodies = [re.findall(r"data-kem-body>(.*?)</pre>", one, re.DOTALL)[0] for one in shown]
            facts = [json.loads(html.unescape(one))["fact"] for one in bodies]
            return [one["subject_count"] for one in facts if one["method"].endswith("/TraceReferral")]

        assert max(await until(looked)) <= LINES


async def test_the_ledger_is_searched_by_what_is_named(console: ConsoleHub, referral_id: str) -> None:
    async with console.browser(Role.DPO) as browser:
        form = await browser.get("/audit/entries")
        found = await browser.send(form, "about", about=referral_id, kind="ReferralAccepted")
        assert found.html.count('class="kem-card"') == 1
        assert "The provider took it up" in found.words
        [entry] = [one for one in found.links if one.startswith("/audit/entries/")]
        one = await covered(browser, entry, "The provider took it up")
        assert "ReferralAccepted" in one.words
        assert "The proof as a file for other tools" in one.words
        nothing = await browser.send(form, "about", about=str(uuid4()))
        assert "No entry is like that" in nothing.words
        wrong = await browser.send(form, "about", about="Maria", **{"from": "yesterday"})
        assert wrong.code == 400
        assert "This is no id" in wrong.words
        assert "Type the date as day/month/year" in wrong.words
        assert (await browser.get("/audit/entries/999999999")).code == 404
        assert (await browser.get("/audit/entries/first")).code == 404


async def test_the_search_goes_on_where_a_page_ends(console: ConsoleHub, referral_id: str) -> None:
    async with console.browser(Role.AUDITOR) as browser:
        first = await browser.get("/audit/entries?kind=AccessRecorded")
        while first.html.count('class="kem-card"') < 50:  # each look is an entry too
            first = await browser.get("/audit/entries?kind=AccessRecorded")
        onward = [one for one in first.links if "after=" in one]
        assert onward or "More" not in first.words
        for link in onward:
            second = await browser.get(link.replace("&amp;", "&"))
            assert second.code == 200
            assert "To the beginning of the list" in second.words


async def test_whoever_looks_stands_in_the_ledger(console: ConsoleHub, referral_id: str) -> None:
    async with console.browser(Role.AUDITOR) as browser:
        await browser.get(f"/audit/referrals/{referral_id}")

        async def is_there() -> bool:
            page = await browser.get(f"/audit/entries?about={referral_id}&kind=AccessRecorded")
            return "AuditService/TraceReferral" in page.words

        await until(is_there)


@pytest.mark.parametrize(
    "path", ["/audit/referrals/nobody", f"/audit/referrals/{_NOBODY}", f"/audit/people/{_NOBODY}"]
)
async def test_what_no_entry_names_is_not_there(console: ConsoleHub, path: str) -> None:
    async with console.browser(Role.AUDITOR) as browser:
        assert (await browser.get(path)).code == 404


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.AGENCY_ADMIN, Role.OPERATOR])
async def test_others_are_kept_out(console: ConsoleHub, role: Role) -> None:
    async with console.browser(role, agency="" if role is Role.OPERATOR else "KEM") as browser:
        for path in (*OPEN, *OFFICERS):
            assert (await browser.get(path)).code == 403, path


async def test_auditors_read_and_do_not_decide(console: ConsoleHub) -> None:
    async with console.browser(Role.AUDITOR) as browser:
        for path in OFFICERS:
            assert (await browser.get(path)).code == 403, path
        assert (await browser.get(f"/audit/rights/{uuid4()}/erasure")).code == 403


async def test_the_pages_are_in_greek_too(console: ConsoleHub, referral_id: str) -> None:
    async with console.browser(Role.DPO, language="el") as browser:
        page = await browser.get(f"/audit/referrals/{referral_id}")
        assert "Καταγράφηκε η ανάγκη" in page.words or "Η ανάγκη" in page.words
        assert "Έλεγχος" in (await browser.get("/audit")).title
