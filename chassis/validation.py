"""Requests are held against the rules in their protos before anybody acts on them."""

from dataclasses import dataclass
from typing import Any, Final

import protovalidate

from kernel.errors import Invalid

_validator: Final = protovalidate.Validator()
MAX_VIOLATIONS: Final = 20


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


def _violation(proto: Any) -> FieldViolation:
    return FieldViolation(
        field=".".join(_element(element) for element in proto.field.elements) or "request",
        description=proto.message or "is not valid",
        rule=proto.rule_id,
    )


def _element(element: Any) -> str:
    """A list's index is told, a map's key is not: it may be something that the caller wrote."""
    if element.subscript is not None and element.subscript.field == "index":
        return f"{element.field_name}[{element.subscript.value}]"
    return str(element.field_name)
