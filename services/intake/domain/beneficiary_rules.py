"""What a record must satisfy before it is kept; each complaint names its field and says what to do."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from kernel import codes
from kernel.errors import Invalid
from services.intake.domain import name_rules
from services.intake.domain.beneficiary import (
    MAY_BE_ABSENT,
    Beneficiary,
    Birth,
    Contact,
    ContactKind,
    OptionalText,
)
from services.intake.domain.guardian_rules import guardian_complaints
from services.intake.domain.identifiers import normalised_amka, normalised_document_number, normalised_phone
from services.intake.domain.nationalities import NATIONALITIES

Complaint = tuple[str, str]
"""The field, and the sentence about it. Never what was typed: a complaint may be logged."""

OLDEST_YEARS = 120
MOST_COMPLAINTS = 10
"""Told at once; an error travels in headers, which have little room."""


class BeneficiaryInvalid(Invalid):
    """The record breaks rules; the message has one sentence per field, metadata `field` names the first."""

    reason = "BENEFICIARY_NOT_VALID"


def checked(beneficiary: Beneficiary, today: date) -> Beneficiary:
    """The record as it is kept: names tidied, phones in E.164, 1 January marked as a guess.

    Args:
        today: the day in Athens.

    Raises:
        BeneficiaryInvalid: with every complaint at once (the first ten).
    """
    tidy = _tidied(beneficiary)
    complaints = [complaint for rule in _RULES for complaint in rule(tidy, today)]
    if complaints:
        raise BeneficiaryInvalid(_told(complaints), **_named(complaints))
    return tidy


def _told(complaints: list[Complaint]) -> str:
    more = len(complaints) - MOST_COMPLAINTS
    sentences = [f"{field}: {sentence}" for field, sentence in complaints[:MOST_COMPLAINTS]]
    return " ".join(sentences + ([f"And {more} more."] if more > 0 else []))


def _named(complaints: list[Complaint]) -> dict[str, str]:
    fields = dict.fromkeys(field for field, _ in complaints[:MOST_COMPLAINTS])
    return {"field": next(iter(fields)), "fields": ",".join(fields)}


def _tidied(beneficiary: Beneficiary) -> Beneficiary:
    birth = beneficiary.birth
    guessed = birth.date is not None and (birth.date.month, birth.date.day) == (1, 1)
    amka = beneficiary.amka
    if amka.value is not None:
        amka = OptionalText(normalised_amka(amka.value) or amka.value)
    return replace(
        beneficiary,
        names=name_rules.tidied(beneficiary.names),
        birth=replace(birth, estimated=birth.date is not None and (birth.estimated or guessed)),
        contacts=tuple(_tidied_contact(contact) for contact in beneficiary.contacts),
        documents=tuple(replace(paper, number=paper.number.strip()) for paper in beneficiary.documents),
        amka=amka,
        interpreter_wishes=beneficiary.interpreter_wishes.strip(),
        specific_needs=tuple(dict.fromkeys(beneficiary.specific_needs)),
        avoided_districts=tuple(dict.fromkeys(beneficiary.avoided_districts)),
    )


def _tidied_contact(contact: Contact) -> Contact:
    value = contact.value.strip()
    if contact.kind is ContactKind.PHONE:
        value = normalised_phone(value) or value
    return replace(contact, value=value)


def _birth(beneficiary: Beneficiary, today: date) -> Iterator[Complaint]:
    birth: Birth = beneficiary.birth
    if (birth.date is None) == (birth.absence is None):
        yield "birth", "give the date of birth, or say why it is not known."
    elif birth.date is not None and birth.date > today:
        yield "birth.date", "this day has not come yet; please check the year."
    elif (birth.age_on(today) or 0) > OLDEST_YEARS:
        yield "birth.date", f"this was more than {OLDEST_YEARS} years ago; please check the year."


def _nationality(beneficiary: Beneficiary, today: date) -> Iterator[Complaint]:
    answer = beneficiary.nationality
    if (answer.value is None) == (answer.absence is None):
        yield "nationality", "give the nationality, or say why it is not known."
    elif answer.value is not None and answer.value not in NATIONALITIES:
        yield (
            "nationality",
            "use the passport's three letters (SYR, AFG), or XXA for a stateless person.",
        )


def _languages(beneficiary: Beneficiary, today: date) -> Iterator[Complaint]:
    spoken = [skill.language for skill in beneficiary.languages]
    if not spoken and beneficiary.languages_absence is None:
        yield "languages", "name at least one language that the person speaks, or say why none is known."
    for place, code in enumerate(spoken):
        if code not in codes.LANGUAGES:
            yield f"languages[{place}].language", "this language is not in the list."
    if len(set(spoken)) != len(spoken):
        yield "languages", "a language stands here twice."


def _contacts(beneficiary: Beneficiary, today: date) -> Iterator[Complaint]:
    for place, contact in enumerate(beneficiary.contacts):
        if contact.kind is ContactKind.PHONE and not normalised_phone(contact.value):
            yield (
                f"contacts[{place}].value",
                "this is not a telephone number; outside Greece begin with + and the country's number.",
            )
        if contact.kind is ContactKind.EMAIL and not _is_email(contact.value):
            yield f"contacts[{place}].value", "this is not an e-mail address."
        if contact.kind is ContactKind.TRUSTED_PERSON and not contact.value:
            yield f"contacts[{place}].value", "say who the trusted person is and how to reach them."
        if not 0 <= contact.from_hour < contact.until_hour <= 24:
            yield f"contacts[{place}].until_hour", "the safe hours must end after they begin."


def _is_email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(at and local and "." in domain.strip(".")) and not any(mark.isspace() for mark in text)


def _household(beneficiary: Beneficiary, today: date) -> Iterator[Complaint]:
    for place, member in enumerate(beneficiary.household):
        if member.relation not in codes.LISTS["RELATIONS"]:
            yield f"household[{place}].relation", "this relation is not in the list."
        if member.birth_year and not today.year - OLDEST_YEARS <= member.birth_year <= today.year:
            yield f"household[{place}].birth_year", "please check this year; 0 where it is not known."


def _documents(beneficiary: Beneficiary, today: date) -> Iterator[Complaint]:
    for place, paper in enumerate(beneficiary.documents):
        if paper.kind not in codes.LISTS["DOCUMENTS"]:
            yield f"documents[{place}].kind", "this kind of document is not in the list."
        if paper.state not in codes.LISTS["DOCUMENT_STATES"]:
            yield f"documents[{place}].state", "this state of a document is not in the list."
        if paper.number and not normalised_document_number(paper.number):
            yield (
                f"documents[{place}].number",
                "a number has at least three letters or digits.",
            )
    answer = beneficiary.amka
    if (answer.value is None) == (answer.absence is None):
        yield "amka", "give the AMKA, or say why it is not known."
    elif answer.value is not None and not normalised_amka(answer.value):
        yield "amka", "an AMKA has eleven digits and the last one checks the others; please compare it."


def _codes(beneficiary: Beneficiary, today: date) -> Iterator[Complaint]:
    if beneficiary.legal_status not in codes.LEGAL_STATUSES:
        yield "legal_status", "this legal status is not in the list; NOT_STATED where nothing was said."
    for place, code in enumerate(beneficiary.specific_needs):
        if code not in codes.LISTS["SPECIFIC_NEEDS"]:
            yield f"specific_needs[{place}]", "this specific need is not in the list."
    if beneficiary.district and beneficiary.district not in codes.DISTRICTS:
        yield "district", "this district is not in the list; leave it empty where it is not known."
    for place, code in enumerate(beneficiary.avoided_districts):
        if code not in codes.DISTRICTS:
            yield f"avoided_districts[{place}]", "this district is not in the list."


def _absences(beneficiary: Beneficiary, today: date) -> Iterator[Complaint]:
    for name in MAY_BE_ABSENT:
        if beneficiary.absence_of(name) is not None and not beneficiary.is_empty(name):
            yield name, "it is there, so nothing says why it is not; leave one of the two out."


def _names(beneficiary: Beneficiary, today: date) -> Iterator[Complaint]:
    return name_rules.complaints(beneficiary.names)


_RULES: tuple[Callable[[Beneficiary, date], Iterator[Complaint]], ...] = (
    _names,
    _birth,
    _nationality,
    _languages,
    _contacts,
    _household,
    _codes,
    _documents,
    _absences,
    guardian_complaints,
)
