"""A receipt: a code that nobody guesses or mistypes, and words that give nothing away."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from kernel import codes
from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from kernel.vocabulary import LegalBasis
from services.intake.domain.beneficiary import Contact, ContactKind
from services.intake.domain.cells import Cell, GrantEffect
from services.intake.domain.receipt import (
    NOT_ON_PAPER,
    Permit,
    Receipt,
    ReceiptForm,
    ReceiptLocked,
    ReceiptWarning,
    page_language,
    permits_on_paper,
    warnings_for,
)
from services.intake.domain.receipt_code import (
    CODE_LETTERS,
    PIN_DIGITS,
    WRONG_PINS,
    grouped,
    is_well_typed,
    new_code,
    new_pin,
    typed_code,
)
from services.intake.domain.receipt_wording import PAGES, WORDS, ToldReceipt, ToldReferral, worded

NOW = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)  # in Athens it is the 6th already
AGENCY = AgencyId(UUID("a0000000-0000-4000-8000-000000000001"))
NAME = {"el": "Δείγμα ΜΚΟ", "en": "Sample NGO"}
OPEN = ("MATCHING", "OFFERED", "AWAITING_PERSON", "WAITLISTED", "UNMATCHED")
HELD = ("ACCEPTED_FOR_ASSESSMENT", "ACCEPTED", "IN_SERVICE")


def test_a_code_has_a_hundred_random_bits_and_none_comes_twice() -> None:
    made = {new_code() for _ in range(2_000)}
    assert len(made) == 2_000
    assert 5 * CODE_LETTERS >= 80
    assert {len(code) for code in made} == {CODE_LETTERS + 1}
    alphabet = set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert {letter for code in made for letter in code[:CODE_LETTERS]} == alphabet
    assert {code[CODE_LETTERS] for code in made} == alphabet
    assert all(is_well_typed(code) for code in made)
    assert {len(new_pin()) for _ in range(100)} == {PIN_DIGITS}


def test_a_code_is_known_however_it_is_typed() -> None:
    code = new_code()
    for typed in (code, grouped(code), f" {grouped(code).lower()} ", grouped(code).replace("-", " ")):
        assert typed_code(typed) == code
    zeros = typed_code("OIL" + "0" * 17)
    assert zeros[:3] == "011"


def test_one_wrong_letter_and_two_that_changed_places_are_seen() -> None:
    code = new_code()
    for place in range(CODE_LETTERS):
        other = "B" if code[place] != "B" else "C"
        assert not is_well_typed(code[:place] + other + code[place + 1 :])
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        if place + 1 < CODE_LETTERS and swapped != code:
            assert not is_well_typed(swapped)
    assert not any(is_well_typed(one) for one in ("", "A", code[:-1], code + "0", "!" * 21))


def test_every_word_is_there_in_every_language_and_differs_where_it_must() -> None:
    for table, words in WORDS.items():
        for name, texts in words.items():
            assert list(texts) == list(PAGES), (table, name)
            assert all(text.strip() == text and text for text in texts.values()), (table, name)
    restricted = {
        sector
        for sector in codes.SECTORS
        if all(one.restricted for one in codes.SERVICE_TYPES.values() if one.sector == sector)
    }
    assert restricted == {"PROTECTION"}
    assert set(WORDS["sectors"]) == set(codes.SECTORS) - restricted
    without_sector = {code for code, one in codes.PURPOSES.items() if one.sector is None}
    assert set(WORDS["purposes"]) == without_sector
    assert set(WORDS["categories"]) == set(codes.CATEGORIES) - set(codes.categories_in(NOT_ON_PAPER))
    assert set(WORDS["states"]) == {*OPEN, *HELD}


def test_what_a_sector_is_called_on_paper_names_no_illness_and_no_violence() -> None:
    telling = ("psych", "mental", "violen", "ψυχ", "βία", "protection", "προστασία", "mhpss")
    for texts in (*WORDS["sectors"].values(), *WORDS["categories"].values()):
        assert not any(word in text.lower() for word in telling for text in texts.values())


def told(**changes: object) -> ToldReceipt:
    fields: dict[str, object] = {
        "issued_time": NOW,
        "valid_until_time": NOW + timedelta(days=365),
        "permits": [Permit(AGENCY, "SERVICE_MHPSS", codes.mask(["NAME", "HEALTH", "PSYCHOLOGICAL"]), NOW)],
        "names": {AGENCY: NAME},
        "referrals": [ToldReferral("MHPSS", "ACCEPTED", NOW, NAME, "ATHENS_6", "Sample street 1")],
    }
    return ToldReceipt(**(fields | changes))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize("language", PAGES)
def test_a_page_is_in_one_language_and_marks_what_is_in_another(language: str) -> None:
    page = worded(told(), language)
    assert page.right_to_left is (language in ("ar", "fa", "ur"))
    consents, referrals = page.sections[0], page.sections[1]
    [consent], [referral] = consents.items, referrals.items
    foreign = {"el": "", "en": ""}.get(language, "en")
    assert (consent.head.text, consent.head.language) == (NAME["el" if language == "el" else "en"], foreign)
    assert len(consent.facts[1].values) == 2  # health is said once
    assert page.facts[0].values[0].text == f"6 {WORDS['months']['3'][language]} 2026"
    district = referral.facts[2].values[-1]
    assert (district.text, district.language) == (
        codes.district("ATHENS_6").el if language == "el" else codes.district("ATHENS_6").en,
        foreign,
    )


def test_an_agency_without_a_public_name_is_not_told_and_an_empty_page_says_so() -> None:
    page = worded(told(names={}, referrals=[]), "en")
    assert [section.items for section in page.sections[:2]] == [(), ()]
    assert all(section.sentences for section in page.sections[:2])
    written = worded(told(desk_contact="210 0000000"), "en").sections[3].items[0]
    assert written.facts[0].values[0].text == "210 0000000"


def cell(**changes: object) -> Cell:
    fields: dict[str, object] = {
        "cell_id": uuid4(),
        "beneficiary_id": BeneficiaryId(uuid4()),
        "agency_id": AGENCY,
        "purpose": "SERVICE_LEGAL",
        "legal_basis": LegalBasis.CONSENT,
        "effect": GrantEffect.PERMIT,
        "categories": codes.mask(["NAME"]),
        "valid_from_time": NOW - timedelta(days=1),
        "valid_until_time": NOW + timedelta(days=1),
        "consent_id": ConsentId(uuid4()),
        "consent_event_id": uuid4(),
    }
    return Cell(**(fields | changes))  # type: ignore[arg-type]  # fields by name


def test_only_consent_in_force_stands_on_paper_and_a_denial_wins_untold() -> None:
    assert permits_on_paper([cell()], NOW)[1] is False
    nothing = [
        cell(valid_until_time=NOW),
        cell(withdrawn_time=NOW, withdrawn_event_id=uuid4()),
        cell(legal_basis=LegalBasis.LEGAL_OBLIGATION),
        cell(effect=GrantEffect.DENY),
    ]
    assert permits_on_paper(nothing, NOW) == ([], False)
    both = [cell(categories=codes.mask(["NAME", "HEALTH"])), cell(effect=GrantEffect.DENY)]
    [permit], left_off = permits_on_paper(both, NOW)
    assert (permit.categories, left_off) == (codes.mask(["HEALTH"]), False)


def test_protection_is_never_on_paper_and_the_worker_is_told_that_something_is_left_off() -> None:
    assert permits_on_paper([cell(purpose="SERVICE_PROTECTION")], NOW) == ([], True)
    [permit], left_off = permits_on_paper([cell(categories=codes.mask(["NAME", "PROTECTION"]))], NOW)
    assert (permit.categories, left_off) == (codes.mask(["NAME"]), True)


def test_a_rule_of_safe_contact_warns() -> None:
    free = Contact(ContactKind.PHONE, "1", 0, 24, message_may_be_left=True)
    assert warnings_for([free], left_off=False) == []
    for ruled in (
        Contact(ContactKind.PHONE, "1", 9, 14, message_may_be_left=True),
        Contact(ContactKind.PHONE, "1", 0, 24),
    ):
        assert warnings_for([free, ruled], left_off=True) == [
            ReceiptWarning.SAFE_CONTACT,
            ReceiptWarning.LEFT_OFF,
        ]


def test_the_page_is_the_persons_own_unless_another_is_wanted() -> None:
    assert page_language(["som", "prs", "ell"]) == "fa"
    assert page_language(["som"]) == "en"
    assert page_language(["prs"], "fr") == "fr"


def test_five_wrong_pins_lock() -> None:
    parts = (uuid4(), uuid4(), BeneficiaryId(uuid4()), AGENCY, ReceiptForm.PAPER, "en", NOW)
    Receipt(*parts, wrong_pins=WRONG_PINS - 1).check_not_locked()
    with pytest.raises(ReceiptLocked, match="locked"):
        Receipt(*parts, wrong_pins=WRONG_PINS).check_not_locked()
