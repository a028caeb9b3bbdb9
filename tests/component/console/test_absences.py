"""Why something about a person is not known: asked for, kept, corrected and shown like everything else."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from kem.common.v1.common_pb2 import Absence
from kem.intake.v1 import beneficiary_pb2
from kem.intake.v1 import intake_service_pb2 as intake
from kernel.vocabulary import Role
from tests.component.console.test_desk import new_name, registered
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown

WORKER = {"agency": "KEM"}
NOTHING = {
    "sex": "NOT_STATED",
    "language_1": "",
    "district": "",
    "legal_status": "",
}
REASONS = {
    "sex_absence": "REFUSED",
    "languages_absence": "UNKNOWN",
    "contacts_absence": "REFUSED",
    "district_absence": "REFUSED",
    "household_absence": "NOT_ASKED",
    "legal_status_absence": "NOT_ASKED",
    "documents_absence": "UNKNOWN",
}
"""A reason for each of the seven, none of them where the others are alike."""


@pytest.fixture
async def desk(console: ConsoleHub) -> AsyncIterator[Browser]:
    async with console.browser(Role.CASEWORKER, **WORKER) as browser:
        yield browser


def reasons_in(page: Shown) -> dict[str, str]:
    return {name: value for name, value in page.form("original_given").fields if name in REASONS}


async def test_a_new_person_was_not_asked_until_somebody_says_so(desk: Browser) -> None:
    page = await desk.get("/desk/people/new")
    assert reasons_in(page) == {
        name: "NONE" if name in ("languages_absence", "household_absence") else "NOT_ASKED"
        for name in REASONS
    }
    assert "Languages: why it is empty" in page.words


async def test_no_language_is_taken_only_with_its_reason(desk: Browser) -> None:
    refused = await registered(desk, **NOTHING)
    assert refused.code == 400
    assert "or say why none is known" in refused.words
    done = await desk.send(refused, "original_given", languages_absence="REFUSED")
    assert "said=registered" in done.path, done.words[:300]
    assert "Speaks would rather not say" in done.words


async def test_each_reason_is_kept_shown_on_the_case_and_comes_back_in_the_form(
    console: ConsoleHub, desk: Browser
) -> None:
    case = await registered(desk, **NOTHING, **REASONS)
    assert case.code == 200, case.words[:300]
    shown = case.words
    assert "Speaks not known Stays in would rather not say" in shown
    assert "Not asked Legal status, Household" in shown
    assert "The person does not know Documents" in shown
    assert "The person would rather not say Sex, Ways to reach the person" in shown
    person = case.path.partition("?")[0]
    form = await desk.get(f"{person}/edit")
    assert reasons_in(form) == REASONS
    done = await desk.send(form, "original_given", sex_absence="NOT_ASKED", language_1="fra")
    assert "said=corrected" in done.path
    assert "Speaks French" in done.words
    assert "Not asked Sex, Legal status, Household" in done.words
    again = reasons_in(await desk.get(f"{person}/edit"))
    assert again == REASONS | {"sex_absence": "NOT_ASKED", "languages_absence": "NONE"}


async def test_what_was_typed_counts_and_not_the_reason_beside_it(desk: Browser) -> None:
    case = await registered(desk, member_relation_1="CHILD", **REASONS)
    assert "Speaks French" in case.words
    assert "Household" not in case.words.partition("Caseworker")[0]


async def test_a_record_without_reasons_gets_none_by_a_correction(console: ConsoleHub) -> None:
    member = await console.member(Role.CASEWORKER, **WORKER)
    async with console.browser_of(member) as desk:
        person = (await registered(desk)).path.partition("?")[0]
        worker = console.hub.person(member.principal_id, await console.agency_id("KEM"), Role.CASEWORKER)
        person_id = person.rpartition("/")[2]
        before = beneficiary_pb2.Beneficiary(
            sex=beneficiary_pb2.SEX_NOT_STATED,
            legal_status="NOT_STATED",
            names=beneficiary_pb2.Names(withheld=True),
        )
        for optional in (before.birth, before.nationality, before.amka):
            optional.absence = Absence.ABSENCE_REFUSED
        before.languages.add(language="ara", level=beneficiary_pb2.LanguageSkill.LEVEL_NATIVE)
        await console.hub.intake.UpdateBeneficiary(
            intake.UpdateBeneficiaryRequest(
                request_id=str(uuid4()),
                beneficiary_id=person_id,
                expected_version=1,
                beneficiary=before,
                absences_told=True,
            ),
            metadata=worker.credentials(),
        )
        form = await desk.get(f"{person}/edit")
        assert set(reasons_in(form).values()) == {"NONE"}
        assert "Nobody has said why" in form.words
        done = await desk.send(form, "original_given", interpreter_needed="yes")
        assert "said=corrected" in done.path, done.words[:300]
        known = await console.hub.intake.GetBeneficiary(
            intake.GetBeneficiaryRequest(beneficiary_id=person_id), metadata=worker.credentials()
        )
        assert known.beneficiary.interpreter_needed
        assert not known.beneficiary.absences


async def test_a_colleague_s_reason_is_told_to_whoever_saves_later(desk: Browser) -> None:
    person = (await registered(desk)).path.partition("?")[0]
    first, second = await desk.get(f"{person}/edit"), await desk.get(f"{person}/edit")
    await desk.send(first, "original_given", sex="NOT_STATED", sex_absence="REFUSED", district="")
    refused = await desk.send(second, "original_given", district_absence="UNKNOWN", district="")
    assert refused.code == 400
    stands = refused.words.partition("Somebody has changed")[2]
    assert "Sex The person would rather not say" in stands
    assert reasons_in(refused)["district_absence"] == "UNKNOWN", "what was typed stays"


async def test_a_draft_brings_reasons_back(desk: Browser) -> None:
    page, family = await desk.get("/desk/people/new"), new_name()
    draft = dict(page.form("original_given").fields)["draft"]
    fields = dict(page.form("original_given").fields) | REASONS | {"original_family": family, "keep": "yes"}
    await desk.post(f"/desk/drafts/{draft}", fields)
    back = await desk.get(f"/desk/people/new?draft={draft}")
    assert dict(back.form("original_given").fields)["original_family"] == family
    assert reasons_in(back) == REASONS


async def test_the_case_says_it_in_greek_too(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, language="el", **WORKER) as desk:
        case = await registered(desk, **NOTHING, **REASONS)
        assert case.code == 200, case.words[:300]
        for words in ("άγνωστο", "Νομικό καθεστώς, Νοικοκυριό", "Τρόποι επικοινωνίας με το άτομο"):
            assert words in case.words
