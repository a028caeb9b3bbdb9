"""Why something about a person is empty: read from a form, filled into it, and in words."""

from collections.abc import Iterator
from typing import Final

from kem.common.v1.common_pb2 import Absence
from kem.intake.v1 import beneficiary_pb2 as messages
from services.console.entrypoints.forms import Form, as_choice
from services.console.entrypoints.page import Visit

Choices = list[tuple[str, str]]

_FIELD: Final = messages.FieldAbsence.Field
_REASONS: Final = ("UNKNOWN", "REFUSED", "NOT_ASKED")
_MAY_BE_EMPTY: Final = tuple(
    name.removeprefix("FIELD_").lower()
    for name, number in _FIELD.items()
    if number != _FIELD.FIELD_UNSPECIFIED
)
"""Fields of a person that have their reason beside them, as the contract names them."""
_EMPTY: Final = ("", "NOT_STATED", messages.SEX_NOT_STATED)


def absences(visit: Visit) -> Choices:
    """Why something is not there."""
    say = visit.say
    return [
        ("NOT_ASKED", say("Not asked")),
        ("UNKNOWN", say("The person does not know")),
        ("REFUSED", say("The person would rather not say")),
    ]


def absence_typed(form: Form, name: str) -> Absence.ValueType | None:
    """The reason that was chosen for this field; None where none was."""
    chosen = form.text(f"{name}_absence")
    return as_choice(Absence, f"ABSENCE_{chosen}") if chosen in _REASONS else None


def read_absences(form: Form, person: messages.Beneficiary) -> None:
    """Adds the reasons for what is empty. Where something was typed, that is what counts."""
    for name in _MAY_BE_EMPTY:
        absence = absence_typed(form, name)
        if absence is not None and _is_empty(person, name):
            person.absences.add(field=as_choice(_FIELD, f"FIELD_{name.upper()}"), absence=absence)


def absence_fields(person: messages.Beneficiary) -> dict[str, str]:
    """The fields of a form in which the reasons stand."""
    told = {
        "birth": person.birth.absence,
        "nationality": person.nationality.absence,
        "amka": person.amka.absence,
    }
    told |= {_name(one): one.absence for one in person.absences}
    return {f"{name}_absence": _reason(number) for name, number in told.items()}


def why(number: int, visit: Visit) -> str:
    """The reason as the form offers it; empty where there is none."""
    return dict(absences(visit)).get(_reason(number), "")


def whys(person: messages.Beneficiary, visit: Visit) -> dict[str, str]:
    """The same of each field that is empty and says why."""
    return {_name(one): why(one.absence, visit) for one in person.absences}


def in_passing(number: int, visit: Visit) -> str:
    """The reason where a value would stand among others; empty where there is none."""
    return {
        "UNKNOWN": visit.say("not known"),
        "REFUSED": visit.say("would rather not say"),
        "NOT_ASKED": visit.say("not asked"),
    }.get(_reason(number), "")


def absence_of(person: messages.Beneficiary, name: str) -> int:
    """The reason of one field that is empty; 0 where there is none."""
    return next((one.absence for one in person.absences if _name(one) == name), 0)


def left_empty(person: messages.Beneficiary, visit: Visit) -> Iterator[tuple[str, str]]:
    """By reason what is empty for it, of that which a case does not show by itself."""
    say = visit.say
    labels = {
        "sex": say("Sex"),
        "legal_status": say("Legal status"),
        "documents": say("Documents"),
        "contacts": say("Ways to reach the person"),
        "household": say("Household"),
    }
    told = whys(person, visit)
    for _, reason in absences(visit):
        if named := [label for name, label in labels.items() if told.get(name) == reason]:
            yield reason, ", ".join(named)


def _is_empty(person: messages.Beneficiary, name: str) -> bool:
    value = getattr(person, name)
    return value in _EMPTY if isinstance(value, str | int) else not value


def _name(one: messages.FieldAbsence) -> str:
    return _FIELD.Name(one.field).removeprefix("FIELD_").lower()


def _reason(number: int) -> str:
    name = Absence.Name(number).removeprefix("ABSENCE_")  # type: ignore[arg-type]  # a number of the enum
    return "" if name == "UNSPECIFIED" else name
