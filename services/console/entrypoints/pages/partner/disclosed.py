"""What an agency may see of a person, as rows for people: on the page that asked for it, and nowhere else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final

from markupsafe import Markup

from kem.disclosure.v1 import disclosure_service_pb2 as disclosure
from kem.intake.v1 import beneficiary_pb2
from kernel import codes
from services.console.entrypoints.codes import named
from services.console.entrypoints.page import Visit
from services.console.entrypoints.rendering import ATHENS, Written, bidi
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import CHANNELS, SEXES, names_of, word, words_of

_LEVELS: Final[Mapping[str, str]] = {
    "NATIVE": N_("mother tongue"),
    "FLUENT": N_("enough for an appointment"),
    "BASIC": N_("a few words"),
}

Rows = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What was given: when, what for, the rows, the rules of safe contact, and what was not permitted.

    Args:
        permitted_until: the day on which the first of it ends to be permitted, if nothing ends it before.
    """

    disclosed_time: datetime
    purpose: str
    rows: Rows
    contacts: Sequence[str | Markup]
    withheld: Sequence[str]
    permitted_until: date | None


def disclosed_of(answer: disclosure.GetDisclosureResponse, visit: Visit) -> Disclosed:
    """The answer in the reader's language."""
    language, person = visit.language, answer.beneficiary
    household = partial(_household, is_given="FAMILY" in answer.given_categories)
    withheld = [one for one in answer.asked_categories if one not in answer.given_categories]
    rows: Rows = []
    for part in (_names, _languages, _birth, _origin, household, _papers, _needs):
        rows += part(person, visit)
    return Disclosed(
        disclosed_time=answer.disclosed_time.ToDatetime(tzinfo=UTC),
        purpose=named(codes.PURPOSES, answer.purpose, language),
        rows=[(label, value) for label, value in rows if value],
        contacts=[_contact(one, visit) for one in person.contacts],
        withheld=names_of(codes.CATEGORIES, withheld, language),
        permitted_until=_day_of(answer),
    )


def _day_of(answer: disclosure.GetDisclosureResponse) -> date | None:
    if not answer.HasField("permitted_until_time"):
        return None
    return answer.permitted_until_time.ToDatetime(tzinfo=UTC).astimezone(ATHENS).date()


def _names(person: disclosure.DisclosedBeneficiary, visit: Visit) -> Rows:
    if not person.HasField("names"):
        return []
    if person.names.withheld:
        return [(visit.say("Name"), visit.say("The person would rather not give a name."))]
    rows: Rows = []
    for label, name in (
        (visit.say("Name"), person.names.original),
        (visit.say("Name in Latin letters"), person.names.latin),
    ):
        whole = " ".join(part for part in (name.given, name.family) if part)
        rows.append((label, bidi(whole) if whole else ""))
    return [*rows, (visit.say("Case number"), bidi(person.case_code) if person.case_code else "")]


def _languages(person: disclosure.DisclosedBeneficiary, visit: Visit) -> Rows:
    language = visit.language
    spoken = []
    for one in person.languages:
        level = word(beneficiary_pb2.LanguageSkill.Level, one.level, "LEVEL_")
        spoken.append(
            f"{named(codes.LANGUAGES, one.language, language)} ({words_of(_LEVELS, level, language)})"
        )
    needed = ""
    if person.HasField("interpreter_needed"):
        needed = visit.say("Needed") if person.interpreter_needed else visit.say("Not needed")
    return [
        (visit.say("Languages"), ", ".join(spoken)),
        (visit.say("Interpreter"), needed),
        (visit.say("Wishes about interpreters"), bidi(person.interpreter_wishes or "")),
    ]


def _birth(person: disclosure.DisclosedBeneficiary, visit: Visit) -> Rows:
    born = ""
    if person.HasField("birth") and person.birth.date:
        born = _day(person.birth.date, visit)
        if person.birth.estimated:
            born = f"{born} ({visit.say('a guess')})"
    sex = word(beneficiary_pb2.Sex, person.sex, "SEX_")
    return [
        (visit.say("Date of birth"), born),
        (visit.say("Sex"), "" if sex == "UNSPECIFIED" else words_of(SEXES, sex, visit.language)),
    ]


def _origin(person: disclosure.DisclosedBeneficiary, visit: Visit) -> Rows:
    return [
        (visit.say("Nationality"), bidi(person.nationality) if person.nationality else ""),
        (visit.say("Legal status"), named(codes.LEGAL_STATUSES, person.legal_status, visit.language)),
    ]


def _household(person: disclosure.DisclosedBeneficiary, visit: Visit, *, is_given: bool) -> Rows:
    relations = codes.LISTS["RELATIONS"]
    members = []
    for one in person.household:
        relation = named(relations, one.relation, visit.language)
        born = visit.say("born %(year)s") % {"year": one.birth_year} if one.birth_year else ""
        members.append(f"{relation} ({born})" if born else relation)
    if is_given and not members:
        members = [visit.say("Not known") if person.household_not_known else visit.say("Lives alone")]
    rows: Rows = [(visit.say("Household"), ", ".join(members))]
    if person.HasField("guardian"):
        guardian = person.guardian
        relation = named(codes.LISTS["GUARDIAN_RELATIONS"], guardian.relation, visit.language)
        rows.append((visit.say("Decides for the child"), _joined(bidi(guardian.name), relation)))
        rows.append((visit.say("By which act"), bidi(guardian.authority_reference or "")))
        rows.append((visit.say("Until"), _day(guardian.authority_expires_date, visit)))
    return rows


def _papers(person: disclosure.DisclosedBeneficiary, visit: Visit) -> Rows:
    rows: Rows = []
    for one in person.documents:
        kind = named(codes.LISTS["DOCUMENTS"], one.kind, visit.language)
        state = named(codes.LISTS["DOCUMENT_STATES"], one.state, visit.language)
        until = (
            visit.say("until %(day)s") % {"day": _day(one.expires_date, visit)} if one.expires_date else ""
        )
        rows.append((kind, _joined(bidi(one.number) if one.number else "", state, until)))
    return [*rows, (visit.say("AMKA"), bidi(person.amka) if person.amka else "")]


def _needs(person: disclosure.DisclosedBeneficiary, visit: Visit) -> Rows:
    needs = names_of(codes.LISTS["SPECIFIC_NEEDS"], person.specific_needs, visit.language)
    if person.HasField("step_free_access_needed") and person.step_free_access_needed:
        needs.append(visit.say("must be reached without steps"))
    return [(visit.say("Specific needs"), ", ".join(needs))]


def _contact(one: beneficiary_pb2.Contact, visit: Visit) -> Markup:
    """By which channel, when, and whether a message may be left: whoever calls must know all three."""
    kind = words_of(CHANNELS, word(beneficiary_pb2.Contact.Kind, one.kind, "KIND_"), visit.language)
    hours = visit.say("only from %(first)s:00 to %(last)s:00") % {
        "first": one.from_hour,
        "last": one.until_hour,
    }
    left = (
        visit.say("a message may be left")
        if one.message_may_be_left
        else visit.say("leave no message with anybody else")
    )
    return Markup("{}: <strong>{}</strong> – {}; {}.").format(kind, bidi(one.value), hours, left)


def _day(text: str, visit: Visit) -> str:
    read: Callable[[str], date] = date.fromisoformat
    return Written(visit.language).date(read(text)) if text else ""


def _joined(*parts: object) -> Markup:
    return Markup(", ").join([str(part) if not isinstance(part, Markup) else part for part in parts if part])
