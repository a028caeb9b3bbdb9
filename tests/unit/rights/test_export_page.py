"""The page that a person gets of what is held about them: whole, in their language, safe to print."""

from typing import Any
from xml.etree import ElementTree

import pytest

from kernel import codes
from kernel.vocabulary import LegalBasis
from services.intake.domain.authority import Authority
from services.intake.domain.complaint import ComplaintFinding
from services.intake.domain.rights_request import Right, RightsAnswer
from services.intake.entrypoints.consent_jsonld import _STATES
from tools.rights.page import page_of
from tools.rights.texts import LABELS, LANGUAGES, RIGHT_TO_LEFT, TEXTS, WORDS, language_of

AGENCY, STRANGER = "a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002"
AGENCIES = {AGENCY: {"el": "Δείγμα ΜΚΟ", "en": "Sample NGO"}}
AT = "2026-03-05T23:30:00+00:00"  # in Athens it is the 6th already
PERSON: dict[str, Any] = {
    "names": {
        "original": {"given": "آمنة", "family": "الإختراع"},
        "latin": {"given": "Amna", "family": "<Al-Ikhtira>"},
        "withheld": False,
    },
    "birth": {"date": "1990-03-15", "absence": None, "estimated": False},
    "nationality": {"value": "SYR", "absence": None},
    "languages": [{"language": "ara", "level": "NATIVE"}],
    "interpreter_needed": True,
    "contacts": [
        {
            "kind": "PHONE",
            "value": "+306944000777",
            "from_hour": 9,
            "until_hour": 14,
            "message_may_be_left": False,
        }
    ],
    "documents": [
        {"kind": "ASYLUM_CARD", "number": "INV-000001", "state": "VALID", "expires_date": "2031-01-31"}
    ],
    "amka": {"value": None, "absence": "NOT_ASKED"},
    "district": "ATHENS_6",
    "case_code": "KEM-2026-000001-7",
}
OWN: dict[str, Any] = {
    "disclosure_id": "d0000000-0000-7000-8000-000000000001",
    "disclosed_time": AT,
    "asked_by": "SELF",
    "withheld_categories": [],
    "history_withheld": False,
    "person": PERSON,
    "needs": [{"recorded_time": AT, "service_type": "GREEK_A1", "note": "In the morning."}],
    "visits": [{"happened_time": AT, "topics": ["LEGAL_AID"]}],
    "appointments": [
        {
            "start_time": AT,
            "with_agency_id": AGENCY,
            "place": "Second floor.",
            "state": "CANCELLED",
            "cancel_reason": "NO_INTERPRETER",
        }
    ],
    "contact_attempts": [
        {"happened_time": AT, "agency_id": AGENCY, "channel": "PHONE", "result": "NOT_REACHED"}
    ],
    "case_workers": [{"agency_id": AGENCY, "set_time": AT, "ended_time": None, "with_deputy": True}],
    "consents": {
        "@graph": [
            {"@type": "dpv:ConsentRefused", "dct:date": AT},
            {
                "@type": "dpv:ConsentRecord",
                "dpv:isIndicatedAtTime": AT,
                "dpv:hasConsentStatus": {"@id": "dpv:ConsentGiven"},
                "dpv:hasProcess": [
                    {
                        "dpv:hasPurpose": "kem:SERVICE_EDUCATION",
                        "dpv:hasRecipient": {"@id": f"urn:uuid:{AGENCY}"},
                        "dpv:hasPersonalData": ["kem:NAME"],
                        "kem:effect": "PERMIT",
                    }
                ],
            },
        ]
    },
    "disclosures": [
        {
            "disclosed_time": AT,
            "agency_id": AGENCY,
            "given_categories": ["NAME"],
            "purpose": "SERVICE_EDUCATION",
            "kind": "VERBAL",
            "legal_bases": ["CONSENT"],
        }
    ],
    "recalls": [
        {
            "opened_time": AT,
            "agency_id": AGENCY,
            "recalled_categories": ["NAME"],
            "cause": "WITHDRAWN",
            "due_time": AT,
            "destroyed_categories": [],
            "kept_ground": "LEGAL_CLAIM",
        }
    ],
    "receipts": [
        {
            "form": "PAPER",
            "language": "ar",
            "issued_time": AT,
            "valid_until_time": AT,
            "revoked_time": None,
        }
    ],
    "consent_freezes": [{"frozen_time": AT, "lifted_time": None}],
    "emergency_accesses": [],
    "compelled_disclosures": [
        {
            "disclosure_id": "d3",
            "disclosed_time": AT,
            "authority": "COURT",
            "legal_reference": "Code of Civil Procedure, art. 450",
            "protocol_number": "9/2026",
            "given_categories": ["NAME"],
        }
    ],
    "authority_notifications": [
        {
            "happened_time": AT,
            "told_categories": ["NAME"],
            "authority": "COURT",
            "legal_reference": "Law 1/2020",
            "protocol_number": "7/2026",
        }
    ],
    "accesses": [
        {"happened_time": AT, "agency_id": STRANGER, "roles": ["caseworker"], "by_the_hub_itself": False},
        {"happened_time": AT, "agency_id": None, "roles": ["dpo"], "by_the_hub_itself": False},
        {"happened_time": AT, "agency_id": None, "roles": ["service"], "by_the_hub_itself": True},
    ],
    "rights_requests": [
        {"received_time": AT, "asked_right": "ACCESS", "due_time": AT, "answer": None, "words": "All of it."}
    ],
    "complaints": [
        {
            "received_time": AT,
            "accused_agency_id": STRANGER,
            "due_time": AT,
            "finding": "UPHELD",
            "words": "They shouted.",
        }
    ],
}
OF_ANOTHER = {
    **{name: OWN[name] for name in ("disclosure_id", "disclosed_time", "needs")},
    "asked_by": "PARENT",
    "withheld_categories": ["PROTECTION"],
    "history_withheld": True,
    "person": {"names": PERSON["names"]},
}


class Parsed:
    """A page that is well-formed to the last tag: its texts, and those of them that stand in a <bdi>."""

    def __init__(self, page: str) -> None:
        root = ElementTree.fromstring(page.removeprefix("<!doctype html>"))
        elements = list(root.iter())
        self.tags = {one.tag for one in elements}
        self.attributes = [pair for one in elements for pair in one.attrib.items()]
        self.apart = [one.text or "" for one in elements if one.tag == "bdi"]
        self.texts = [one.text or "" for one in elements if one.tag != "bdi"]
        self.texts += [one.tail or "" for one in elements]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_in_every_language_and_reads_in_its_direction(language: str) -> None:
    page = page_of(OWN, AGENCIES, language)
    parsed = Parsed(page)
    assert ("lang", language) in parsed.attributes
    assert ("dir", "rtl" if language in RIGHT_TO_LEFT else "ltr") in parsed.attributes
    for text in (
        "title",
        "needs",
        "visits",
        "appointments",
        "contact_attempts",
        "case_workers",
        "consents",
        "disclosures",
        "accesses",
        "rights_requests",
        "complain",
    ):
        assert any(TEXTS[text][language] in one for one in parsed.texts)
    for word in ("VERBAL", "CANCELLED", "PHONE", "NOT_REACHED"):
        assert WORDS[word][language] in "".join(parsed.texts)
    assert WORDS["caseworker"][language] in "".join(parsed.texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_numbers_and_codes_stand_apart_from_the_text_around_them(language: str) -> None:
    parsed = Parsed(page_of(OWN, AGENCIES, language))
    for value in (
        *("آمنة الإختراع", "Amna <Al-Ikhtira>", "+306944000777", "9:00–14:00", "INV-000001", "1990-03-15"),
        *(
            "SYR",
            "KEM-2026-000001-7",
            "In the morning.",
            "7/2026",
            "2026-03-06",
            STRANGER,
            "All of it.",
            "They shouted.",
            "Second floor.",
        ),
    ):
        assert value in parsed.apart
    assert AGENCIES[AGENCY]["el" if language == "el" else "en"] in parsed.apart


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = page_of(OWN, AGENCIES, "ar")
    parsed = Parsed(page)
    assert parsed.tags & {"script", "link", "img", "iframe", "form", "a"} == set()
    assert {name for name, _ in parsed.attributes} <= {"lang", "dir", "charset", "name", "content", "class"}
    assert "http" not in page
    assert "url(" not in page
    assert "<Al-Ikhtira>" not in page


def test_what_is_empty_without_a_reason_takes_no_room() -> None:
    person = PERSON | {"amka": {"value": None, "absence": None}, "sex_absence": None, "household": []}
    page = page_of(OWN | {"person": person}, AGENCIES, "en")
    for name in ("amka", "sex", "household"):
        assert LABELS[name]["en"] not in page
    assert TEXTS["nothing"]["en"] in page  # of emergency accesses


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "empty"),
    [
        *(("sex", "NOT_STATED"), ("legal_status", "NOT_STATED"), ("district", "")),
        *((name, []) for name in ("languages", "contacts", "household", "documents")),
    ],
)
def test_what_is_empty_says_why_in_words(name: str, empty: Any, language: str) -> None:
    for absence, text in (("UNKNOWN", "not_known"), ("REFUSED", "not_told"), ("NOT_ASKED", "not_asked")):
        person = {name: empty, f"{name}_absence": absence}
        page = page_of(OWN | {"person": person}, AGENCIES, language)
        assert f"<th>{LABELS[name][language]}</th><td>{TEXTS[text][language]}</td>" in page
        assert absence not in page


@pytest.mark.parametrize("name", ["birth", "nationality", "amka"])
def test_so_does_what_has_its_reason_within(name: str) -> None:
    page = page_of(OWN | {"person": {name: {"value": None, "absence": "REFUSED"}}}, AGENCIES, "en")
    assert f"<th>{LABELS[name]['en']}</th><td>{TEXTS['not_told']['en']}</td>" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_asks_for_somebody_else_reads_that_something_is_withheld(language: str) -> None:
    page = page_of(OF_ANOTHER, AGENCIES, language)
    parsed = Parsed(page)
    text = "".join(parsed.texts)
    for said in (TEXTS["title_of_another"], TEXTS["withheld"], TEXTS["history"], WORDS["PROTECTION"]):
        assert said[language] in text
    for section in ("consents", "disclosures", "accesses", "rights_requests"):
        assert TEXTS[section][language] not in text


def test_every_text_is_there_in_every_language() -> None:
    for table in (TEXTS, LABELS, WORDS):
        for name, said in table.items():
            assert set(said) == set(LANGUAGES), name
            assert all(said.values()), name


def test_what_a_person_reads_most_has_plain_words_in_their_language() -> None:
    states = {one.removeprefix("dpv:") for one in _STATES.values()}
    lists = (codes.CATEGORIES, LegalBasis, Right, RightsAnswer, Authority, ComplaintFinding)
    assert states | {str(code) for one in lists for code in one} <= set(WORDS)


@pytest.mark.parametrize(
    ("spoken", "page"),
    [(["prs", "eng"], "fa"), (["ckb", "arz"], "ar"), (["pan", "pnb"], "ur"), (["som"], "en"), ([], "en")],
)
def test_the_page_is_in_the_first_language_of_the_person_that_there_is(spoken: list[str], page: str) -> None:
    assert language_of([{"language": one} for one in spoken]) == page
