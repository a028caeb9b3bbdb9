"""A person's data cut into categories, each as the JSON that is sealed: one category, one key class."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, get_type_hints

from pydantic import TypeAdapter

from kernel import codes
from services.intake.domain.beneficiary import MAY_BE_ABSENT, Beneficiary
from services.intake.domain.person_profile import PersonProfile

CASE_CODE: Final = "CASE_CODE"
PROFILE: Final = "PROFILE"
PLACE: Final = "PLACE"
TEXT: Final = "TEXT"

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "NAME": ("names",),
    "LANGUAGES": ("languages", "languages_absence", "interpreter_needed", "interpreter_wishes"),
    "SAFE_CONTACT": ("contacts", "contacts_absence"),
    "BIRTH_AND_SEX": ("birth", "sex", "sex_absence"),
    "NATIONALITY": ("nationality",),
    "FAMILY": ("household", "household_absence"),
    "STATUS": ("legal_status", "legal_status_absence"),
    "DOCUMENTS": ("documents", "documents_absence", "amka"),
    "CHILDREN": ("guardian",),
    "SPECIFIC_NEEDS": ("specific_needs", "step_free_access_needed"),
    CASE_CODE: ("case_code",),
    PLACE: ("district", "district_absence", "avoided_districts"),
}
"""Which fields of a person a category holds. PLACE has no bit: no consent gives it to anybody. Why a field is
empty lies under its key; pieces from before people were asked for it do not have it."""

CLASSES_OF_EVERYBODY: Final = frozenset({"core", "contact", "sensitive"})
CLASS_OF_GUARDIAN: Final = "child"
_OWN_CLASSES: Final = {PROFILE: "sensitive", PLACE: "sensitive", TEXT: "sensitive"}
_FORMATS: Final[dict[str, TypeAdapter[Any]]] = {
    name: TypeAdapter(hint) for name, hint in get_type_hints(Beneficiary).items()
} | {"case_code": TypeAdapter(str)}
_REASONS: Final = frozenset(f"{name}_absence" for name in MAY_BE_ABSENT)
_TOLD_INSTEAD: Final[Mapping[str, str]] = {"household_absence": "household_not_known"}
"""Of a reason, what is disclosed in its place: that there is one. An empty household without it says that the
person lives alone; no other field says anything by being empty."""
_PROFILE: Final = TypeAdapter(PersonProfile)


def key_class_of(category: str) -> str:
    """The class of the key that seals a category: core, contact, sensitive or child."""
    return _OWN_CLASSES.get(category) or codes.category(category).key_class


def categories_of_fields(names: Iterable[str]) -> list[str]:
    """The categories that hold these fields of a person."""
    wanted = set(names)
    return [category for category, fields in FIELDS.items() if wanted & set(fields)]


def corrected_categories(known: Mapping[str, Any], beneficiary: Beneficiary) -> list[str]:
    """The categories of which another value is disclosed now than by the known fields; PLACE is among them.

    Another reason why a field is empty is none: nobody was given it, so nobody holds an earlier one. But that
    a household is known now, or is no longer, is one.
    """
    before = disclosed_fields(known)
    now = disclosed_fields({name: getattr(beneficiary, name) for name in Beneficiary.__dataclass_fields__})
    return [
        category
        for category, fields in FIELDS.items()
        if category != CASE_CODE
        and any(before.get(told) != now.get(told) for told in (_TOLD_INSTEAD.get(one, one) for one in fields))
    ]


def pieces_of(beneficiary: Beneficiary, case_code: str, profile: PersonProfile) -> dict[str, bytes]:
    """The plain pieces of a person by category; CHILDREN only where there is a guardian."""
    pieces = {
        category: _dumped({name: getattr(beneficiary, name) for name in fields})
        for category, fields in FIELDS.items()
        if category != CASE_CODE and (category != "CHILDREN" or beneficiary.guardian is not None)
    }
    pieces[CASE_CODE] = _dumped({"case_code": case_code})
    pieces[PROFILE] = _padded(_PROFILE.dump_json(profile))
    return pieces


def fields_of_class(key_class: str) -> list[str]:
    """The fields of a person that keys of this class seal."""
    return [
        name for category, names in FIELDS.items() if key_class_of(category) == key_class for name in names
    ]


def categories_of_classes(key_classes: Collection[str]) -> list[str]:
    """The categories that keys of these classes seal, PROFILE among them."""
    return [category for category in (*FIELDS, PROFILE) if key_class_of(category) in key_classes]


def fields_in(piece: bytes) -> dict[str, Any]:
    """Fields of one piece by name, as the domain's own values; those no longer known are left out."""
    return {
        name: _FORMATS[name].validate_python(value)
        for name, value in json.loads(piece).items()
        if name in _FORMATS
    }


def disclosed_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by name as they are disclosed: nobody is told why one is empty, but of a household whether it is
    known (`household_not_known`).
    """
    told = {name: value for name, value in fields.items() if name not in _REASONS}
    for reason, name in _TOLD_INSTEAD.items():
        if reason.removesuffix("_absence") in fields:
            told[name] = fields.get(reason) is not None
    return told


def plain_values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a person by name as JSON knows them."""
    return {name: _FORMATS[name].dump_python(value, mode="json") for name, value in fields.items()}


def profile_in(piece: bytes) -> PersonProfile:
    """The profile in its piece."""
    return _PROFILE.validate_json(piece)


def _dumped(fields: Mapping[str, Any]) -> bytes:
    return _padded(json.dumps(plain_values(fields), ensure_ascii=False, separators=(",", ":")).encode())


def _padded(piece: bytes) -> bytes:
    """Spaces up to a multiple of 64, so that the length of what is sealed tells little."""
    return piece + b" " * (-len(piece) % 64)
