"""Requests are held against the rules in their protos before anybody acts on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import protovalidate

from kernel.errors import Invalid

_validator: Final = protovalidate.Validator()
MAX_VIOLATIONS: Final = 20
_NUL: Final = "has the character NUL in it, which no text has; leave it out"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One rule that one field breaks; the field's value is not in it."""

    field: str
    description: str
    rule: str


class InvalidRequest(Invalid):
    """The request breaks rules of its proto."""

    def __init__(self, violations: list[FieldViolation]) -> None:
        super().__init__("; ".join(f"{one.field}: {one.description}" for one in violations[:3]))
        self.violations = violations


def check_request(request: Any) -> None:
    """Passes or raises.

    Raises:
        InvalidRequest: with each field that is wrong and why.
    """
    found = _validator.collect_violations(request)
    if found:
        raise InvalidRequest([_violation(one.proto) for one in found[:MAX_VIOLATIONS]])
    if b"\0" in request.SerializeToString():  # in a number, or in bytes, as a rule
        with_nul = list(islice(_texts_with_nul(request, ""), MAX_VIOLATIONS))
        if with_nul:
            raise InvalidRequest([FieldViolation(field, _NUL, "string.nul") for field in with_nul])


def _violation(proto: Any) -> FieldViolation:
    return FieldViolation(
        field=".".join(_element(element) for element in proto.field.elements) or "request",
        description=proto.message or "is not valid",
        rule=proto.rule_id,
    )


def _texts_with_nul(message: Any, within: str) -> Iterator[str]:
    """Where PostgreSQL would find the one character that it keeps in no text."""
    for field, value in message.ListFields():
        if field.type not in (field.TYPE_STRING, field.TYPE_MESSAGE):
            continue
        for number, one in enumerate(value if field.is_repeated else (value,)):
            name = f"{within}{field.name}[{number}]" if field.is_repeated else f"{within}{field.name}"
            if field.type == field.TYPE_MESSAGE:
                yield from _texts_with_nul(one, f"{name}.")
            elif "\0" in one:
                yield name


def _element(element: Any) -> str:
    """A list's index is told, a map's key is not: it may be something that the caller wrote."""
    if element.subscript is not None and element.subscript.field == "index":
        return f"{element.field_name}[{element.subscript.value}]"
    return str(element.field_name)
