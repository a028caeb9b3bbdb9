"""A person's data in words: what a colleague has saved, where somebody else has typed another thing."""

from collections.abc import Iterator
from datetime import date

from kem.common.v1.common_pb2 import OptionalText
from kem.intake.v1 import beneficiary_pb2 as messages
from kernel.codes import DISTRICTS, LANGUAGES, LEGAL_STATUSES, LISTS
from services.console.entrypoints.codes import named
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.desk.absences import why, whys
from services.console.entrypoints.pages.desk.person_choices import (
    contact_kinds,
    countries,
    levels,
    sexes,
)
from services.console.entrypoints.rendering import Written

Row = tuple[str, str]


def what_differs(stands: messages.Beneficiary, typed: messages.Beneficiary, visit: Visit) -> list[Row]:
    """What stands, where something else was typed; that nothing stands is said, too."""
    return [
        (label, text or visit.say("nothing"))
        for (label, text), (_, other) in zip(_facts(stands, visit), _facts(typed, visit), strict=True)
        if text != other
    ]


def _facts(person: messages.Beneficiary, visit: Visit) -> Iterator[Row]:
    """Everything that the form has, in its order."""
    say, language, names = visit.say, visit.language, person.names
    yes, absent = say("yes"), whys(person, visit)
    yield say("Name"), say("Name withheld") if names.withheld else _name(names.original)
    yield say("Name in Latin letters"), _name(names.latin)
    birth = _day(person.birth.date, language) or why(person.birth.absence, visit)
    yield say("Date of birth"), f"{birth}, {say('a guess')}" if person.birth.estimated else birth
    sex = dict(sexes(visit)).get(messages.Sex.Name(person.sex).removeprefix("SEX_"), "")
    yield say("Sex"), absent.get("sex", sex)
    country = dict(countries(visit)).get(person.nationality.value, person.nationality.value)
    yield say("Nationality"), country if person.nationality.value else why(person.nationality.absence, visit)
    spoken = "; ".join(_language(one, visit) for one in person.languages)
    yield say("Languages"), absent.get("languages", spoken)
    yield say("An interpreter is needed"), yes if person.interpreter_needed else ""
    yield say("Wishes about interpreters"), person.interpreter_wishes
    ways = "; ".join(_contact(one, visit) for one in person.contacts)
    yield say("How to reach the person without harm"), absent.get("contacts", ways)
    district = named(DISTRICTS, person.district, language) if person.district else ""
    yield say("District"), absent.get("district", district)
    avoided = sorted(named(DISTRICTS, one, language) for one in person.avoided_districts)
    yield say("Not near"), ", ".join(avoided)
    yield say("Needs places without steps"), yes if person.step_free_access_needed else ""
    household = [
        f"{named(LISTS['RELATIONS'], one.relation, language)} {one.birth_year or ''}".strip()
        for one in person.household
    ]
    yield say("Household"), absent.get("household", "; ".join(household))
    guardian = person.guardian
    decides = [
        named(LISTS["GUARDIAN_RELATIONS"], guardian.relation, language) if guardian.relation else "",
        guardian.name,
        guardian.authority_reference,
        _day(guardian.authority_expires_date, language),
    ]
    yield say("Under 18: who decides for the child"), ", ".join(one for one in decides if one)
    legal = named(LEGAL_STATUSES, person.legal_status, language)
    yield say("Legal status"), absent.get("legal_status", legal)
    documents = "; ".join(_document(one, visit) for one in person.documents)
    yield say("Documents"), absent.get("documents", documents)
    yield say("AMKA"), _optional(person.amka, visit)
    needs = sorted(named(LISTS["SPECIFIC_NEEDS"], one, language) for one in person.specific_needs)
    yield say("Specific needs"), ", ".join(needs)


def _name(name: messages.Name) -> str:
    return f"{name.given} {name.family}".strip()


def _day(iso: str, language: str) -> str:
    return Written(language).date(date.fromisoformat(iso)) if iso else ""


def _optional(text: OptionalText, visit: Visit) -> str:
    return text.value or why(text.absence, visit)


def _language(one: messages.LanguageSkill, visit: Visit) -> str:
    level = messages.LanguageSkill.Level.Name(one.level).removeprefix("LEVEL_")
    return f"{named(LANGUAGES, one.language, visit.language)} ({dict(levels(visit)).get(level, level)})"


def _contact(one: messages.Contact, visit: Visit) -> str:
    kind = messages.Contact.Kind.Name(one.kind).removeprefix("KIND_")
    by = dict(contact_kinds(visit)).get(kind, kind)
    hours = f"{by}: {one.value} ({one.from_hour}–{one.until_hour})"
    return f"{hours}, {visit.say('A message may be left')}" if one.message_may_be_left else hours


def _document(one: messages.Document, visit: Visit) -> str:
    kind = named(LISTS["DOCUMENTS"], one.kind, visit.language)
    state = named(LISTS["DOCUMENT_STATES"], one.state, visit.language)
    until = _day(one.expires_date, visit.language)
    return ", ".join(part for part in (kind, one.number, state, until) if part)
