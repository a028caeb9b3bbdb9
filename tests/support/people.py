"""Invented people for tests. Nobody here exists."""

import itertools
from datetime import date
from typing import Any

from kernel.vocabulary import Sex
from services.intake.domain.beneficiary import (
    Beneficiary,
    Birth,
    Contact,
    ContactKind,
    Document,
    LanguageLevel,
    LanguageSkill,
    Name,
    Names,
    OptionalText,
)

_NUMBERS = itertools.count(1)


def invented_amka(number: int, birth: str = "150390") -> str:
    """An AMKA with a right check digit: DDMMYY, four digits, the digit that checks them."""
    digits = f"{birth}{number % 10000:04}"
    total = sum(
        value - 9 if value > 9 else value
        for value in (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(digits))
    )
    return digits + str(-total % 10)


def invented_person(**changes: Any) -> Beneficiary:
    """A valid adult; each call gives a phone and a document number that no other call gave."""
    number = next(_NUMBERS)
    fields: dict[str, Any] = {
        "names": Names(Name("آمنة", "الإختراع"), Name("Amna", "Al-Ikhtira")),
        "birth": Birth(date(1990, 3, 15)),
        "sex": Sex.F,
        "nationality": OptionalText("SYR"),
        "languages": (
            LanguageSkill("ara", LanguageLevel.NATIVE),
            LanguageSkill("eng", LanguageLevel.BASIC),
        ),
        "interpreter_needed": True,
        "contacts": (Contact(ContactKind.PHONE, f"69{number:08}", 9, 14),),
        "legal_status": "ASYLUM_APPLICANT",
        "documents": (Document("ASYLUM_CARD", f"INV-{number:06}", "VALID", date(2031, 1, 31)),),
        "district": "ATHENS_6",
    }
    return Beneficiary(**(fields | changes))
