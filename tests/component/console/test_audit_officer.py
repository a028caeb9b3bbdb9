"""What a data protection officer decides at the console: emergencies, recalls, requests by right, erasure."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from kem.directory.v1 import directory_service_pb2 as directory
from kem.disclosure.v1 import recall_service_pb2 as recall
from kem.disclosure.v1 import rights_service_pb2 as rights
from kernel.vocabulary import Role
from tests.component.console.test_partner_withdrawals import recalled
from tests.component.intake.telephone import handover_request
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown
from tests.support.partner_agency import PartnerAgency, at, make_agency

_NOBODY = "0a4f2c1e-6d3b-4e0a-9f57-2b1c8d7e6f50"


@pytest.fixture
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


async def told_without_consent(agency: PartnerAgency) -> str:
    """The agency was told something by telephone on a vital interest; what was disclosed."""
    [referral_id] = await agency.offered()
    request = handover_request(referral_id, str(agency.agency_id), legal_basis="VITAL_INTEREST")
    kept = await agency.hub.emergency.RecordHandover(request, metadata=agency.desk.credentials())
    return str(kept.disclosure_id)


async def asked_for(
    agency: PartnerAgency, right: "rights.Right.ValueType", words: str, person: str = ""
) -> str:
    """The person asks at the desk; the request."""
    request = rights.RegisterRightsRequestRequest(
        request_id=str(uuid4()),
        beneficiary_id=person or await agency.person(),
        right=right,
        asked_by=rights.ASKED_BY_SELF,
        words=words,
        received_time=at(datetime.now(UTC)),
    )
    kept = await agency.hub.rights.RegisterRightsRequest(request, metadata=agency.desk.credentials())
    return str(kept.rights_request_id)


async def listed(browser: Browser, path: str, row_id: str) -> Shown:
    """The page of a list on which a row stands."""
    while True:
        page = await browser.get(path)
        if row_id in page.html:
            return page
        onward = [one for one in page.links if "after=" in one]
        assert onward, f"{row_id} is on no page of {path}"
        path = onward[-1]


async def beyond(browser: Browser, path: str, row_ids: Sequence[str]) -> tuple[Shown, str]:
    """One of the rows that stands on no first page of a list, with its page."""
    for row_id in row_ids:
        page = await listed(browser, path, row_id)
        if "after=" in page.path:
            return page, row_id
    raise AssertionError(f"all of them stand on the first page of {path}")


def fields_of(page: Shown, row_id: str, step: str = "") -> dict[str, str | list[str]]:
    """The form of a row."""
    for form in page.forms:
        fields = dict(form.fields)
        if fields.get("row") == row_id and fields.get("step", "") == step:
            several = {name: [one for other, one in form.fields if other == name] for name, _ in form.fields}
            return {name: found[0] if len(found) == 1 else found for name, found in several.items()}
    raise AssertionError(f"no form {step} of {row_id}")


async def test_an_emergency_is_reviewed_once_with_words(console: ConsoleHub, agency: PartnerAgency) -> None:
    subject_id = await told_without_consent(agency)
    async with console.browser(Role.DPO) as browser:
        page = await listed(browser, "/audit/emergencies", subject_id)
        assert "She could not stay where she was." in page.words
        fields = fields_of(page, subject_id)
        wordless = await browser.post("/audit/emergencies", fields)
        assert wordless.code == 400
        assert "Say whether it was justified." in wordless.words
        fields |= {f"finding-{subject_id}": "justified", f"words-{subject_id}": "There was no other way."}
        for _ in range(2):
            done = await browser.post("/audit/emergencies", fields)
            assert done.path == "/audit/emergencies?said=emergency-reviewed"
        assert subject_id not in done.html
        late = await browser.post("/audit/emergencies", fields | {"request_id": str(uuid4())})
        assert late.code == 400


async def test_where_nobody_asks_for_an_access_the_page_says_so(console: ConsoleHub) -> None:
    async with console.browser(Role.DPO) as browser:
        assert "Nobody asks for an emergency access" in (await browser.get("/audit/accesses")).words


async def test_what_was_asked_back_is_seen_until_it_is_answered(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    referral_id = await recalled(agency)
    async with console.browser(Role.DPO) as browser:
        page = await listed(browser, "/audit/recalls", referral_id)
        assert "The person took their consent back" in page.words
        request = recall.ListRecallsRequest(view=recall.RECALL_VIEW_HELD, filter=recall.RECALL_FILTER_OPEN)
        door = agency.hub.recall
        found = (await door.ListRecalls(request, metadata=agency.member.credentials())).recalls[0]
        await door.AcknowledgeRecall(
            recall.AcknowledgeRecallRequest(
                request_id=str(uuid4()),
                recall_id=found.recall_id,
                destroyed_categories=found.recalled_categories,
                words="Shredded.",
            ),
            metadata=agency.member.credentials(),
        )
        assert referral_id not in (await browser.get("/audit/recalls")).html
        answered = await listed(browser, "/audit/recalls?view=all", referral_id)
        assert "Shredded." in answered.words


async def test_a_request_is_extended_and_refused_with_words(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    words = f"What have you written about me? {uuid4()}"
    request_id = await asked_for(agency, rights.RIGHT_ACCESS, words)
    async with console.browser(Role.DPO) as browser:
        page = await listed(browser, "/audit/rights", request_id)
        assert words in page.words
        extend = fields_of(page, request_id, "extend") | {
            f"ground-{request_id}": "COMPLEXITY",
            f"extension_words-{request_id}": "It is much.",
        }
        bad = await browser.post("/audit/rights", extend | {f"extension_told_day-{request_id}": "soon"})
        assert bad.code == 400
        assert "It is much." in bad.html, "what was typed stays"
        done = await browser.post("/audit/rights", extend)
        assert done.path == "/audit/rights?said=right-extended"
        page = await listed(browser, "/audit/rights", request_id)
        answer = fields_of(page, request_id, "answer") | {
            f"answer-{request_id}": "REFUSED",
            f"words-{request_id}": "We could not tell who asks.",
        }
        groundless = await browser.post("/audit/rights", answer)
        assert "Choose on what ground it was refused." in groundless.words
        answer[f"refusal_ground-{request_id}"] = "IDENTITY_NOT_SHOWN"
        done = await browser.post("/audit/rights", answer)
        assert done.path == "/audit/rights?said=right-answered"
        assert request_id not in done.html
        page = await listed(browser, "/audit/rights?view=all", request_id)
        assert "We could not tell who asks." in page.words


async def test_a_slip_beyond_the_first_page_loses_neither_place_nor_words(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    person = await agency.person()
    ids = [await asked_for(agency, rights.RIGHT_ACCESS, f"Number {n}", person) for n in range(21)]
    async with console.browser(Role.DPO) as browser:
        page, row_id = await beyond(browser, "/audit/rights?view=all", ids)
        form = next(one for one in page.forms if dict(one.fields).get("row") == row_id)
        fields = fields_of(page, row_id, "answer") | {f"words-{row_id}": "Ninety pages <by post>."}
        back = await browser.post(form.action, fields)
        assert (back.code, back.path) == (400, page.path)
        assert "Ninety pages &lt;by post&gt;." in back.html
        fields |= {f"answer-{row_id}": "REFUSED", f"refusal_ground-{row_id}": "IDENTITY_NOT_SHOWN"}
        done = await browser.post(form.action, fields)
        assert done.path == f"{page.path}&said=right-answered", "and on from where they were"


async def test_a_review_beyond_the_first_page_loses_neither_place_nor_words(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    told = []
    for referral_id in await agency.offered(count=26):
        request = handover_request(referral_id, str(agency.agency_id), legal_basis="VITAL_INTEREST")
        kept = await agency.hub.emergency.RecordHandover(request, metadata=agency.desk.credentials())
        told.append(str(kept.disclosure_id))
    async with console.browser(Role.DPO) as browser:
        page, row_id = await beyond(browser, "/audit/emergencies", told)
        form = next(one for one in page.forms if dict(one.fields).get("row") == row_id)
        back = await browser.post(form.action, dict(form.fields) | {f"words-{row_id}": "No <other> way."})
        assert (back.code, back.path) == (400, page.path)
        assert "No &lt;other&gt; way." in back.html


async def test_the_person_is_given_everything_as_a_file(console: ConsoleHub, agency: PartnerAgency) -> None:
    request_id = await asked_for(agency, rights.RIGHT_ACCESS, "Everything, please.")
    async with console.browser(Role.DPO) as browser:
        form = await browser.get(f"/audit/rights/{request_id}/export")
        unsaid = await browser.send(form, "request_id")
        assert unsaid.code == 400
        assert "Say how who asks was told to be who they are." in unsaid.words
        file = await browser.send(form, "request_id", identity_proof="DOCUMENT_SEEN")
        assert file.headers["content-disposition"].startswith("attachment")
        assert file.headers["cache-control"] == "no-store"
        assert json.loads(file.html)


async def test_somebody_is_erased_by_a_typed_word_and_the_certificate_stays(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    request_id = await asked_for(agency, rights.RIGHT_ERASURE, "Forget me.")
    async with console.browser(Role.DPO) as browser:
        form = await browser.get(f"/audit/rights/{request_id}/erasure")
        assert "Nobody can undo this." in form.words
        unsure = await browser.send(form, "confirm", identity_proof="DOCUMENT_SEEN", confirm="yes")
        assert unsure.code == 400
        assert "Nothing was erased." in unsure.words
        done = await browser.send(form, "confirm", identity_proof="DOCUMENT_SEEN", confirm="erase")
        assert done.path.startswith("/audit/erasures/"), done.words[:400]
        assert done.path.endswith("?said=person-erased")
        again = await browser.send(form, "confirm", identity_proof="DOCUMENT_SEEN", confirm="erase")
        assert again.path == done.path, "a double click erases once"
        path = done.path.partition("?")[0]
        file = await browser.get(f"{path}/certificate.json")
        document = json.loads(file.html)
        for words in (
            "Destroyed on",
            "data protection officer",
            document["rights_request_id"],
            "Name",
            *(one["key_id"] for one in document["destroyed"]["keys"]),
            "Core data, such as name and family",
            "No agency had been given anything.",
            "Requests by right",
            "Accountability (GDPR articles 5(2), 19, 33)",
            "Of these it is not said whether there are any",
            "Complaints: Legal claims (GDPR article 17(3)(e))",
            hashlib.sha256(file.html.encode()).hexdigest(),
            "The file has this digest Yes",
        ):
            assert words in done.words, words
        assert not {"PLACE", "PROFILE"} & set(done.words.split()), "codes are no words"
        assert '"schema"' not in done.html, "the file is for programs"
        assert f"{path}/certificate.json" in done.links
        page = await listed(browser, "/audit/rights", request_id)
        assert "The words are gone: the person was erased since." in page.words
    async with console.browser(Role.DPO, language="el") as browser:
        greek = await browser.get(path)
        for words in ("Λογοδοσία", "Καταστράφηκε στις", "Το αρχείο έχει αυτή τη σύνοψη Ναι"):
            assert words in greek.words


async def test_the_certificate_says_who_was_told_and_what_they_have_answered_by_now(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    await recalled(agency)
    request_id = await asked_for(agency, rights.RIGHT_ERASURE, "Forget me.", agency.people[-1])
    async with console.browser(Role.DPO) as browser:
        form = await browser.get(f"/audit/rights/{request_id}/erasure")
        done = await browser.send(form, "confirm", identity_proof="DOCUMENT_SEEN", confirm="erase")
        assert "Each has to destroy it, or to say what it keeps." in done.words
        assert "Not answered yet" in done.words
        assert "What was given, to whom" in done.words
        agencies = directory.ListAgenciesRequest(code=agency.code)
        named = await agency.hub.directory.ListAgencies(agencies, metadata=agency.member.credentials())
        assert done.words.count(named.agencies[0].name.en) == 2, "whom it was told, and who has to answer"


@pytest.mark.parametrize(
    "path", ["/audit/rights/x/export", "/audit/rights/x/erasure", f"/audit/erasures/{_NOBODY}"]
)
async def test_what_is_not_there_is_said_to_be_so(console: ConsoleHub, path: str) -> None:
    async with console.browser(Role.DPO) as browser:
        assert (await browser.get(path)).code == 404
