"""The form about a person: nothing known is lost by it, nobody is registered twice or written over."""

import re
from collections.abc import AsyncIterator, Mapping
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


@pytest.fixture
async def desk(console: ConsoleHub) -> AsyncIterator[Browser]:
    async with console.browser(Role.CASEWORKER, **WORKER) as browser:
        yield browser


def typed(page: Shown) -> dict[str, str]:
    return dict(page.form("original_given").fields)


def of_somebody(**other: str) -> dict[str, str]:
    answers = {
        "original_given": "Δείγμα",
        "original_family": new_name(),
        "latin_given": "Deigma",
        "sex": "F",
        "language_1": "fra",
    }
    return answers | other


def many_of_all() -> beneficiary_pb2.Beneficiary:
    """Somebody of whom as much is known as the contract takes."""
    person = beneficiary_pb2.Beneficiary(
        sex=beneficiary_pb2.Sex.SEX_F, legal_status="NOT_STATED", interpreter_wishes="—"
    )
    person.names.original.CopyFrom(beneficiary_pb2.Name(given="Πολλά", family=new_name()))
    person.names.latin.CopyFrom(beneficiary_pb2.Name(given="Polla", family="Grammata"))
    person.birth.date = "1980-05-01"
    for optional in (person.nationality, person.amka):
        optional.absence = Absence.ABSENCE_REFUSED
    native = beneficiary_pb2.LanguageSkill.LEVEL_NATIVE
    for code in ("ell", "eng", "fra", "ara", "fas", "urd", "tur", "rus", "ukr", "kat", "sqi", "spa"):
        person.languages.add(language=code, level=native)
    for number in range(6):
        person.contacts.add(
            kind=beneficiary_pb2.Contact.KIND_TRUSTED_PERSON, value=f"cousin {number}", until_hour=24
        )
    for number in range(30):
        person.household.add(relation="CHILD", birth_year=1990 + number)
    for number in range(20):
        person.documents.add(kind="PASSPORT", number=f"{uuid4().hex[:8]}{number}", state="VALID")
    return person


async def test_a_correction_drops_nothing_that_is_known(console: ConsoleHub) -> None:
    member = await console.member(Role.CASEWORKER, **WORKER)
    async with console.browser_of(member) as desk:
        person = (await registered(desk)).path.partition("?")[0]
        worker = console.hub.person(member.principal_id, await console.agency_id("KEM"), Role.CASEWORKER)
        person_id = person.rpartition("/")[2]
        whole = many_of_all()
        await console.hub.intake.UpdateBeneficiary(
            intake.UpdateBeneficiaryRequest(
                request_id=str(uuid4()),
                beneficiary_id=person_id,
                expected_version=1,
                beneficiary=whole,
                absences_told=True,
            ),
            metadata=worker.credentials(),
        )
        form = await desk.get(f"{person}/edit")
        done = await desk.send(form, "original_given", latin_given="Corrected")
        assert "said=corrected" in done.path, done.words[:300]
        known = await console.hub.intake.GetBeneficiary(
            intake.GetBeneficiaryRequest(beneficiary_id=person_id), metadata=worker.credentials()
        )
        whole.names.latin.given = "Corrected"
        assert known.beneficiary == whole


@pytest.mark.parametrize(
    ("kind", "field", "most"),
    [
        ("language", "language", 12),
        ("contact", "contact_value", 6),
        ("member", "member_relation", 30),
        ("document", "document_kind", 20),
    ],
)
async def test_one_more_row_comes_until_there_are_as_many_as_there_can_be(
    desk: Browser, kind: str, field: str, most: int
) -> None:
    page = await desk.get("/desk/people/new")
    first = _rows(page, field)
    page = await desk.send(page, "original_given", original_given="Δείγμα", birth_date="not yet", more=kind)
    assert page.code == 200, "nothing is sent yet, so nothing is wrong yet"
    assert _rows(page, field) == first + 1
    assert (typed(page)["original_given"], typed(page)["birth_date"]) == ("Δείγμα", "not yet")
    fields = typed(page) | {f"rows_{kind}": str(most - 1), "more": kind}
    page = await desk.post("/desk/people/new", fields)
    assert _rows(page, field) == most
    page = await desk.post("/desk/people/new", typed(page) | {"more": kind})
    assert _rows(page, field) == most
    assert f'value="{kind}"' not in page.html, "there is no button for more"


async def test_a_row_that_says_only_half_is_told_and_not_dropped(desk: Browser) -> None:
    page = await desk.get("/desk/people/new")
    fields = of_somebody(member_year_2="1990", document_number_3="X1")
    page = await desk.send(page, "original_given", **fields)
    assert page.code == 400
    assert "Choose who this is to the person" in page.words
    assert "Choose which document this is" in page.words


async def test_the_later_one_sees_what_a_colleague_has_corrected_and_can_save(desk: Browser) -> None:
    person = (await registered(desk, nationality="SYR")).path.partition("?")[0]
    first, second = await desk.get(f"{person}/edit"), await desk.get(f"{person}/edit")
    await desk.send(first, "original_given", latin_given="Fromafriend", district="ATHENS_2")
    refused = await desk.send(second, "original_given", latin_given="Fromme")
    assert refused.code == 400
    assert "Somebody has changed this person's data since you opened the page." in refused.words
    assert 'href="#stands"' in refused.html
    stands = refused.html.partition('id="stands"')[2].partition("<form")[0]
    assert "Fromafriend" in stands
    assert "Nationality" not in stands, "only what differs"
    assert typed(refused)["latin_given"] == "Fromme", "what was typed stays"
    slip = await desk.send(refused, "original_given", birth_date="never")
    assert slip.code == 400
    done = await desk.send(slip, "original_given", birth_date="1990")
    assert "said=corrected" in done.path
    assert typed(await desk.get(f"{person}/edit"))["latin_given"] == "Fromme"


async def test_two_who_correct_the_same_are_both_told_that_it_is_corrected(desk: Browser) -> None:
    person = (await registered(desk)).path.partition("?")[0]
    first, second = await desk.get(f"{person}/edit"), await desk.get(f"{person}/edit")
    for page in (first, second):
        done = await desk.send(page, "original_given", latin_given="Both")
        assert "said=corrected" in done.path


@pytest.mark.parametrize("field", ["contact_value_1", "document_number_1", "amka"])
async def test_whoever_is_registered_already_is_shown_the_way_to_their_record(
    desk: Browser, field: str
) -> None:
    same: Mapping[str, Mapping[str, str]] = {
        "contact_value_1": {"contact_value_1": f"+30 69{uuid4().int % 10**8:08d}"},
        "document_number_1": {"document_kind_1": "PASSPORT", "document_number_1": uuid4().hex[:12].upper()},
        "amka": {"amka": _new_amka()},
    }
    case = await registered(desk, **same[field])
    assert case.code == 200, case.words[:300]
    record = case.path.partition("?")[0]
    page = await desk.get("/desk/people/new")
    refused = await desk.send(page, "original_given", **of_somebody(), **same[field])
    assert refused.code == 400
    assert refused.links.count(record) == 2, "above the form, and at the field"
    assert f'id="{field}-error"' in refused.html
    assert re.search(r"Open the record of D••• O••• \(born 1990\)", refused.words)
    assert (await desk.get(record)).code == 200


async def test_whoever_is_registered_by_another_agency_is_shown_to_nobody(
    console: ConsoleHub, desk: Browser
) -> None:
    phone = f"+30 69{uuid4().int % 10**8:08d}"
    case = await registered(desk, contact_value_1=phone)
    async with console.browser(Role.AGENCY_MEMBER, agency="UNHCR") as agency:
        page = await agency.get("/desk/people/new")
        refused = await agency.send(page, "original_given", **of_somebody(contact_value_1=phone))
        assert refused.code == 400
        assert "you may not see that record" in refused.words
        assert case.path.partition("?")[0] not in refused.links


async def test_one_button_of_the_form_looks_whether_the_person_is_known(
    console: ConsoleHub, desk: Browser
) -> None:
    family = new_name()
    case = await registered(desk, original_family=family)
    page = await desk.get("/desk/people/new")
    alone = await desk.send(page, "original_given", original_family=family, look="yes")
    assert alone.code == 400
    assert "Type the year of birth too" in alone.words
    assert "at least one language" not in alone.words, "it is only looked"
    found = await desk.send(
        page, "original_given", original_family=family, birth_date="3/2/1990", amka="1", look="yes"
    )
    assert found.code == 200, found.words[:300]
    assert re.search(r"\d+ (person|people) of your agency (is|are) like this", found.words)
    assert case.path.partition("?")[0] in found.links
    assert family not in found.html.partition('id="found"')[2].partition("<form")[0], "it is masked"
    kept = typed(found)
    assert (kept["original_family"], kept["birth_date"], kept["amka"]) == (family, "3/2/1990", "1")
    none = await desk.send(page, "original_given", original_given="Ζζζζζζ", birth_date="1901", look="yes")
    assert "Your agency knows nobody like this" in none.words


async def test_what_was_typed_into_a_search_begins_the_form(desk: Browser) -> None:
    page = await desk.get("/desk/people")
    answers = {"reason": "PERSON_IS_HERE", "name": "Zzyzx Qqqqqq", "birth_year": "1901"}
    nobody = await desk.send(page, "reason", **answers)
    assert 'formaction="/desk/people/new"' in nobody.html
    form = await desk.post("/desk/people/new", dict(nobody.form("reason").fields) | {"begin": "yes"})
    assert form.code == 200
    begun = typed(form)
    assert [begun[name] for name in ("original_given", "latin_family", "birth_date")] == [
        "Zzyzx",
        "Qqqqqq",
        "1901",
    ]
    assert "Zzyzx" not in form.path


@pytest.mark.parametrize("year", ["90", "19900", "x", "1௧90"])
async def test_a_year_that_is_none_is_told_and_not_left_out(desk: Browser, year: str) -> None:
    page = await desk.get("/desk/people")
    refused = await desk.send(page, "reason", reason="PERSON_IS_HERE", name="Δείγμα", birth_year=year)
    assert refused.code == 400
    assert "four digits" in refused.words


def _rows(page: Shown, field: str) -> int:
    return sum(1 for name in page.form("original_given").names if re.fullmatch(rf"{field}_\d+", name))


def _new_amka() -> str:
    """One that nobody else has, with its check digit."""
    digits = f"311290{uuid4().int % 10**4:04d}"
    total = sum(sum(divmod(int(one) * (1 + place % 2), 10)) for place, one in enumerate(digits))
    return f"{digits}{-total % 10}"
