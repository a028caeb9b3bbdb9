"""Digits as keypads of other scripts write them."""

import pytest

from kernel.digits import western_digits
from services.console.entrypoints.forms import Form, as_date, as_instant
from services.intake.domain.receipt_code import grouped, new_code, typed_code, typed_pin

SCRIPTS = {"arabic": "٠١٢٣٤٥٦٧٨٩", "persian and urdu": "۰۱۲۳۴۵۶۷۸۹", "bengali": "০১২৩৪৫৬৭৮৯"}


def in_script(text: str, digits: str) -> str:
    return text.translate(str.maketrans("0123456789", digits))


@pytest.mark.parametrize("digits", SCRIPTS.values(), ids=SCRIPTS)
def test_a_number_is_the_same_in_every_script(digits: str) -> None:
    assert western_digits(digits) == "0123456789"
    assert Form.of({"pin": in_script("402915", digits)}).digits("pin") == "402915"
    assert as_date(in_script("26/11/2026", digits)) == as_date("26/11/2026")
    assert as_instant(in_script("26/11/2026", digits), in_script("14:30", digits)) is not None


def test_what_is_no_decimal_digit_stays() -> None:
    assert western_digits("Αθήνα x² ½ Ⅳ") == "Αθήνα x² ½ Ⅳ"
    assert Form.of({"words": "۳ نفر"}).text("words") == "۳ نفر", "what somebody tells stays as they wrote it"


@pytest.mark.parametrize("digits", SCRIPTS.values(), ids=SCRIPTS)
def test_code_and_pin_of_a_receipt_are_known_by_any_keypad(digits: str) -> None:
    code = new_code()
    assert typed_code(in_script(grouped(code), digits)) == code
    assert typed_code(f"\u200f{grouped(code)}\u200e") == code, (
        "copied with the marks of a page from the right"
    )
    assert typed_pin(in_script(" 402 915 ", digits)) == "402915"
