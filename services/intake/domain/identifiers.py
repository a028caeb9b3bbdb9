"""Exact identifiers: what two records of one person have in common, written in one way whoever typed it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import auto

from kernel.digits import western_digits
from kernel.vocabulary import Code
from services.intake.domain.beneficiary import Beneficiary, ContactKind


class IdentifierField(Code):
    """What can be searched for exactly; each has a key of its own in the index."""

    CASE_CODE = auto()
    PHONE = auto()
    DOCUMENT = auto()
    AMKA = auto()


@dataclass(frozen=True, slots=True)
class Identifier:
    """A normalised value. `is_unique`: no two people can have it."""

    field: IdentifierField
    value: str
    is_unique: bool = True


SHARED_DOCUMENTS = frozenset(
    {"FAMILY_STATUS_CERTIFICATE", "GUARDIANSHIP_ORDER", "MARRIAGE_CERTIFICATE", "PROOF_OF_ADDRESS"}
)
"""Papers that several people of one family hold under the same number."""

_PHONE_NOISE = re.compile(r"[\s().\-/\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_GREEK_NUMBER = re.compile(r"(2\d{9}|69\d{8})")
_INTERNATIONAL_NUMBER = re.compile(r"[1-9]\d{6,14}")


def normalised_phone(text: str) -> str | None:
    """The number in E.164 (+306912345678), or None where it is none. Without a country it is taken for Greek.

    Digits of any script, spaces, brackets and a leading 00 are understood.
    """
    number = _PHONE_NOISE.sub("", western_digits(text))
    if number.startswith("00"):
        number = "+" + number[2:]
    if number.startswith("+"):
        digits = number[1:]
    elif _GREEK_NUMBER.fullmatch(number):
        digits = "30" + number
    elif number.startswith("30") and _GREEK_NUMBER.fullmatch(number[2:]):
        digits = number
    else:
        return None
    if not _INTERNATIONAL_NUMBER.fullmatch(digits):
        return None
    if digits.startswith("30") and not _GREEK_NUMBER.fullmatch(digits[2:]):
        return None
    return "+" + digits


_LOOK_ALIKES = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX")
"""Greek capitals that are printed like Latin ones: one typist uses these, the next one those."""


def normalised_document_number(text: str) -> str | None:
    """Capitals and digits alone, Greek capitals as the Latin ones they look like; None where too short."""
    plain = unicodedata.normalize("NFKC", western_digits(text)).upper().translate(_LOOK_ALIKES)
    kept = "".join(letter for letter in plain if letter.isalnum())
    return kept if len(kept) >= 3 else None


def normalised_amka(text: str) -> str | None:
    """The eleven digits, or None where they are not an AMKA: its last digit checks the others (Luhn)."""
    digits = re.sub(r"[\s\-]", "", western_digits(text))
    if not re.fullmatch(r"[0-9]{11}", digits):
        return None
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits if sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0 else None


def exact_identifiers(beneficiary: Beneficiary) -> tuple[Identifier, ...]:
    """What a checked record can be found by, each once; the case code is not of the person's own saying."""
    return tuple(dict.fromkeys(_identifiers(beneficiary)))


def _identifiers(beneficiary: Beneficiary) -> Iterator[Identifier]:
    for contact in beneficiary.contacts:
        if contact.kind is ContactKind.PHONE and (phone := normalised_phone(contact.value)):
            yield Identifier(IdentifierField.PHONE, phone)
    for document in beneficiary.documents:
        if number := normalised_document_number(document.number):
            yield Identifier(IdentifierField.DOCUMENT, number, document.kind not in SHARED_DOCUMENTS)
    if beneficiary.amka.value and (amka := normalised_amka(beneficiary.amka.value)):
        yield Identifier(IdentifierField.AMKA, amka)
