"""A person's data as a form has them: read from what was typed, and filled in from what is known."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from kem.common.v1.common_pb2 import ABSENCE_NOT_ASKED, OptionalText
from kem.intake.v1 import beneficiary_pb2 as messages
from kem.intake.v1 import intake_service_pb2 as service
from kernel.codes import LANGUAGES, LISTS
from services.console.domain.countries import COUNTRIES, STATELESS
from services.console.entrypoints.forms import Form, as_choice, as_date
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.desk.absences import absence_fields, absence_typed, read_absences


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one kind: `first` are there from the beginning, `most` are what intake takes."""

    first: int
    most: int
    fields: tuple[str, ...]
    """What makes a row one that somebody has begun."""


ROWS: Final = {
    "language": Rows(4, 12, ("language",)),
    "contact": Rows(3, 6, ("contact_value",)),
    "member": Rows(8, 30, ("member_relation", "member_year")),
    "document": Rows(4, 20, ("document_kind", "document_number", "document_expires")),
}
"""By what they are about. Whatever was typed or is known is read and shown, however many rows a page has."""

_LEVEL: Final = messages.LanguageSkill.Level
_KIND: Final = messages.Contact.Kind
YEAR: Final = re.compile(r"(19|20)[0-9]{2}")
_HOUR: Final = re.compile(r"([01]?\d|2[0-4])(?::00)?")


def person_from(visit: Visit) -> messages.Beneficiary:
    """What was typed; what is wrong with it goes to `visit.errors`, in the reader's language."""
    form, say, errors = visit.form, visit.say, visit.errors
    person = messages.Beneficiary(
        sex=as_choice(messages.Sex, f"SEX_{form.text('sex') or 'NOT_STATED'}"),
        interpreter_needed=form.has("interpreter_needed"),
        interpreter_wishes=form.text("interpreter_wishes"),
        legal_status=form.text("legal_status") or "NOT_STATED",
        district=form.text("district"),
        avoided_districts=form.all("avoided_districts"),
        specific_needs=form.all("specific_needs"),
        step_free_access_needed=form.has("step_free_access_needed"),
    )
    if form.has("withheld"):
        person.names.withheld = True
    else:
        for script in ("original", "latin"):
            name = messages.Name(given=form.text(f"{script}_given"), family=form.text(f"{script}_family"))
            if name.given or name.family:
                getattr(person.names, script).CopyFrom(name)
        if not person.names.HasField("original"):
            words = say("Type the name, or tick that the person would rather not give one.")
            errors.add("original_given", words)
        elif not person.names.HasField("latin"):
            errors.add("latin_given", say("Type the name in Latin letters too, as on a document."))
    _read_birth(visit, person.birth)
    _read_optional(visit, "nationality", person.nationality)
    if person.nationality.value and person.nationality.value not in (*COUNTRIES, STATELESS):
        errors.add("nationality", say("Choose a country from the list."))
    _read_optional(visit, "amka", person.amka)
    person.languages.extend(_languages(form))
    if not person.languages and absence_typed(form, "languages") is None:
        words = say("Choose at least one language that the person speaks, or say why none is known.")
        errors.add("language_1", words)
    person.contacts.extend(_contacts(visit))
    person.household.extend(_household(visit))
    person.documents.extend(_documents(visit))
    read_absences(form, person)
    guardian = messages.Guardian(
        name=form.text("guardian_name"),
        relation=form.text("guardian_relation"),
        authority_reference=form.text("guardian_reference"),
        authority_expires_date=_day(visit, "guardian_expires"),
    )
    if guardian.relation:
        person.guardian.CopyFrom(guardian)
    elif guardian.name or guardian.authority_reference or guardian.authority_expires_date:
        errors.add("guardian_relation", say("Choose what this person is to the child."))
    return person


def fields_of(person: messages.Beneficiary) -> Form:
    """The form filled in with what is known."""
    fields: dict[str, str | list[str]] = {
        "sex": messages.Sex.Name(person.sex).removeprefix("SEX_"),
        "interpreter_wishes": person.interpreter_wishes,
        "legal_status": person.legal_status,
        "district": person.district,
        "avoided_districts": list(person.avoided_districts),
        "specific_needs": list(person.specific_needs),
        "birth_date": person.birth.date,
        "nationality": person.nationality.value,
        "amka": person.amka.value,
    }
    fields |= absence_fields(person)
    for script in ("original", "latin"):
        name = getattr(person.names, script)
        fields |= {f"{script}_given": name.given, f"{script}_family": name.family}
    ticked = {
        "withheld": person.names.withheld,
        "birth_estimated": person.birth.estimated,
        "interpreter_needed": person.interpreter_needed,
        "step_free_access_needed": person.step_free_access_needed,
    }
    fields |= {name: "yes" for name, is_on in ticked.items() if is_on}
    for row, skill in enumerate(person.languages, 1):
        level = _LEVEL.Name(skill.level).removeprefix("LEVEL_")
        fields |= {f"language_{row}": skill.language, f"level_{row}": level}
    for row, contact in enumerate(person.contacts, 1):
        fields |= {
            f"contact_kind_{row}": _KIND.Name(contact.kind).removeprefix("KIND_"),
            f"contact_value_{row}": contact.value,
            f"contact_from_{row}": str(contact.from_hour),
            f"contact_until_{row}": str(contact.until_hour),
        }
        if contact.message_may_be_left:
            fields[f"contact_message_{row}"] = "yes"
    for row, member in enumerate(person.household, 1):
        year = str(member.birth_year or "")
        fields |= {f"member_relation_{row}": member.relation, f"member_year_{row}": year}
    for row, document in enumerate(person.documents, 1):
        fields |= {
            f"document_kind_{row}": document.kind,
            f"document_number_{row}": document.number,
            f"document_state_{row}": document.state,
            f"document_expires_{row}": document.expires_date,
        }
    if person.HasField("guardian"):
        fields |= {
            "guardian_name": person.guardian.name,
            "guardian_relation": person.guardian.relation,
            "guardian_reference": person.guardian.authority_reference,
            "guardian_expires": person.guardian.authority_expires_date,
        }
    return Form.of(fields)


def described_in(form: Form) -> service.PersonDescription:
    """As whom the form describes the person so far, for a search."""
    for script in ("original", "latin"):
        name = " ".join(filter(None, (form.text(f"{script}_given"), form.text(f"{script}_family"))))
        if name:
            break
    typed = form.text("birth_date")
    day = as_date(f"{typed}-01-01" if YEAR.fullmatch(typed) else typed)
    nationality = form.text("nationality")
    return service.PersonDescription(
        name=name,
        birth_year=day.year if day is not None else 0,
        nationality=nationality if nationality in (*COUNTRIES, STATELESS) else "",
    )


def begun_with(search: Form) -> Form:
    """The form with what was typed into a search; of its name the last word is taken for the family's."""
    given, _, family = search.text("name").rpartition(" ")
    names = {"given": given.strip() or family, "family": family if given else ""}
    scripts = ("original", "latin") if search.text("name").isascii() else ("original",)
    fields = {f"{script}_{part}": name for script in scripts for part, name in names.items()}
    fields |= {"birth_date": search.text("birth_year"), "nationality": search.text("nationality")}
    fields |= {"contact_value_1": search.text("phone"), "amka": search.text("amka")}
    return Form.of(fields)


def identifier_typed(form: Form) -> str:
    """The field of the first thing by which somebody is known to be the same person."""
    phones = (
        f"contact_value_{row}"
        for row in range(1, ROWS["contact"].most + 1)
        if (form.text(f"contact_kind_{row}") or "PHONE") == "PHONE"
    )
    documents = (f"document_number_{row}" for row in range(1, ROWS["document"].most + 1))
    return next((one for one in (*phones, *documents, "amka") if form.text(one)), "original_given")


def rows_shown(form: Form) -> dict[str, int]:
    """How many rows of each kind are shown where scripts run: those that are begun, and one more."""
    return {kind: min(rows.most, _begun(form, rows) + 1) for kind, rows in ROWS.items()}


def rows_there(form: Form) -> dict[str, int]:
    """How many rows of each kind a page has: more than are begun, and one more where that was asked for."""
    there = {}
    for kind, rows in ROWS.items():
        before = form.text(f"rows_{kind}")
        asked = int(before) if before.isdecimal() and len(before) < 3 else 0
        if form.text("more") == kind:
            asked += 1
        there[kind] = min(rows.most, max(rows.first, _begun(form, rows) + 1, asked))
    return there


def parts_open(visit: Visit) -> dict[str, bool]:
    """Which of the parts that are closed at first hold something, or something that is wrong."""
    stems = {"guardian": ("guardian",), "documents": ("legal_status", "document", "amka", "specific_needs")}
    closed = ("", "NOT_STATED", "NOT_SEEN", "NOT_ASKED", "NONE")
    filled = {name for name in visit.form.names if visit.form.text(name) not in closed}
    return {
        part: any(name.startswith(which) for name in filled | visit.errors.by_field.keys())
        or (part == "documents" and visit.form.text("more") == "document")
        for part, which in stems.items()
    }


def _begun(form: Form, rows: Rows) -> int:
    begun = (
        row for row in range(rows.most, 0, -1) if any(form.text(f"{name}_{row}") for name in rows.fields)
    )
    return next(begun, 0)


def _read_birth(visit: Visit, birth: messages.Birth) -> None:
    typed = visit.form.text("birth_date")
    if typed:
        year = re.fullmatch(r"\d{4}", typed)
        day = as_date(f"{typed}-01-01" if year else typed)
        if day is None:
            say = visit.say("Type the date of birth as day/month/year, as 31/12/1990, or the year alone.")
            visit.errors.add("birth_date", say)
            return
        birth.date = day.isoformat()
        birth.estimated = visit.form.has("birth_estimated") or (day.month, day.day) == (1, 1)
    else:
        birth.absence = absence_typed(visit.form, "birth") or ABSENCE_NOT_ASKED


def _read_optional(visit: Visit, name: str, into: OptionalText) -> None:
    if typed := visit.form.text(name):
        into.value = typed
    else:
        into.absence = absence_typed(visit.form, name) or ABSENCE_NOT_ASKED


def _languages(form: Form) -> Iterator[messages.LanguageSkill]:
    for row in range(1, ROWS["language"].most + 1):
        code, level = form.text(f"language_{row}"), form.text(f"level_{row}")
        if code in LANGUAGES:
            yield messages.LanguageSkill(language=code, level=as_choice(_LEVEL, f"LEVEL_{level or 'NATIVE'}"))


def _contacts(visit: Visit) -> Iterator[messages.Contact]:
    form = visit.form
    for row in range(1, ROWS["contact"].most + 1):
        value, kind = form.text(f"contact_value_{row}"), form.text(f"contact_kind_{row}") or "PHONE"
        if not value:
            continue
        hours = [form.text(f"contact_{end}_{row}") for end in ("from", "until")]
        if not all(_HOUR.fullmatch(hour) for hour in hours if hour):
            words = visit.say("Hours are whole: from 0 to 24, as 9 or 17.")
            visit.errors.add(f"contact_from_{row}", words)
            continue
        first, last = (int(hour.partition(":")[0]) if hour else None for hour in hours)
        yield messages.Contact(
            kind=as_choice(_KIND, f"KIND_{kind}"),
            value=value,
            from_hour=0 if first is None else min(first, 23),
            until_hour=24 if last is None else max(last, 1),
            message_may_be_left=form.has(f"contact_message_{row}"),
        )


def _household(visit: Visit) -> Iterator[messages.HouseholdMember]:
    for row in range(1, ROWS["member"].most + 1):
        relation, year = visit.form.text(f"member_relation_{row}"), visit.form.text(f"member_year_{row}")
        if relation not in LISTS["RELATIONS"]:
            if relation or year:
                words = visit.say("Choose who this is to the person, or empty the year.")
                visit.errors.add(f"member_relation_{row}", words)
            continue
        if year and not YEAR.fullmatch(year):
            visit.errors.add(f"member_year_{row}", visit.say("Type the year of birth with four digits."))
            continue
        yield messages.HouseholdMember(relation=relation, birth_year=int(year or 0))


def _documents(visit: Visit) -> Iterator[messages.Document]:
    form = visit.form
    for row in range(1, ROWS["document"].most + 1):
        kind = form.text(f"document_kind_{row}")
        if kind in LISTS["DOCUMENTS"]:
            yield messages.Document(
                kind=kind,
                number=form.text(f"document_number_{row}"),
                state=form.text(f"document_state_{row}") or "NOT_SEEN",
                expires_date=_day(visit, f"document_expires_{row}"),
            )
        elif kind or form.text(f"document_number_{row}") or form.text(f"document_expires_{row}"):
            visit.errors.add(
                f"document_kind_{row}", visit.say("Choose which document this is, or empty its row.")
            )


def _day(visit: Visit, name: str) -> str:
    typed = visit.form.text(name)
    day: date | None = as_date(typed) if typed else None
    if typed and day is None:
        visit.errors.add(name, visit.say("Type the date as day/month/year, as 31/12/2027."))
    return day.isoformat() if day else ""
