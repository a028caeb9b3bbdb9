"""What the form about a person offers to choose from."""

from kernel.codes import DISTRICTS, LANGUAGES, LEGAL_STATUSES, LISTS
from services.console.entrypoints.codes import by_name, choices, nationalities
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.desk.absences import Choices, absences


def countries(visit: Visit) -> Choices:
    """Whose national somebody may be."""
    return nationalities(visit.language, visit.say("Not known"), visit.say("Stateless"))


def levels(visit: Visit) -> Choices:
    """How well somebody speaks a language."""
    say = visit.say
    return [
        ("NATIVE", say("Mother tongue")),
        ("FLUENT", say("Enough for an appointment")),
        ("BASIC", say("A few words")),
    ]


def sexes(visit: Visit) -> Choices:
    """As people state it."""
    say = visit.say
    return [
        ("F", say("Woman or girl")),
        ("M", say("Man or boy")),
        ("X", say("Neither, or both")),
        ("NOT_STATED", say("Not stated")),
    ]


def contact_kinds(visit: Visit) -> Choices:
    """By what somebody is reached."""
    say = visit.say
    return [
        ("PHONE", say("Telephone")),
        ("EMAIL", say("E-mail")),
        ("TRUSTED_PERSON", say("Somebody the person trusts")),
    ]


def form_choices(visit: Visit) -> dict[str, Choices]:
    """Every list of the form, by the name that its template knows."""
    language, say = visit.language, visit.say
    return {
        "countries": countries(visit),
        "spoken": [("", say("Choose a language")), *by_name(choices(LANGUAGES, language))],
        "levels": levels(visit),
        "absences": absences(visit),
        "sexes": sexes(visit),
        "contact_kinds": contact_kinds(visit),
        "origins": [
            ("KEM_DESK", say("Came to our desk")),
            ("WALK_IN", say("Walked into an agency")),
            ("SELF", say("Asked by themselves")),
            ("PARTNER", say("Brought by a partner")),
            ("OUTREACH", say("Met by outreach")),
            ("HOTLINE", say("Called a hotline")),
        ],
        "districts": choices(DISTRICTS, language, nothing=say("Not known")),
        "all_districts": choices(DISTRICTS, language),
        "legal_statuses": choices(LEGAL_STATUSES, language, nothing=say("Not stated")),
        "relations": choices(LISTS["RELATIONS"], language, nothing=say("Nobody")),
        "guardian_relations": choices(LISTS["GUARDIAN_RELATIONS"], language, nothing=say("Not needed")),
        "specific_needs": choices(LISTS["SPECIFIC_NEEDS"], language),
        "documents": choices(LISTS["DOCUMENTS"], language, nothing=say("None")),
        "document_states": choices(LISTS["DOCUMENT_STATES"], language),
    }
