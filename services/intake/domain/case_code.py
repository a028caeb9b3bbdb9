"""The case code that a person carries on paper: KEM-YYYY-NNNNNN-C. Kept in the vault only."""

import re
from typing import Final

from kernel.errors import Invalid

LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
"""23 letters without I, O and Q. 23 is prime: one wrong digit, or two that changed places, is always seen."""

LAST_NUMBER: Final = 999_999
_CASE_CODE = re.compile(r"KEM-?(\d{4})-?(\d{6})-?([A-Z])", re.ASCII)


def case_code(year: int, number: int) -> str:
    """The code of the person registered as `number` (1 to 999,999) of a year."""
    if not (1000 <= year <= 9999 and 1 <= number <= LAST_NUMBER):
        raise ValueError("a case code has a year of four digits and a number of six")
    return f"KEM-{year}-{number:06}-{_check_letter(year, number)}"


def normalised_case_code(text: str) -> str:
    """The code as it is kept, however it was typed.

    Raises:
        Invalid: CASE_CODE_NOT_VALID, it has another form, or its letter does not fit its digits.
    """
    found = _CASE_CODE.fullmatch(re.sub(r"[\s–—]", "", text).upper())
    if found and found[3] == _check_letter(int(found[1]), int(found[2])):
        return f"KEM-{found[1]}-{found[2]}-{found[3]}"
    raise Invalid(
        "This is not a case code: it looks like KEM-2026-000123-K and its last letter checks the digits."
        " Please compare it with the paper.",
        reason="CASE_CODE_NOT_VALID",
        field="case_code",
    )


def _check_letter(year: int, number: int) -> str:
    return LETTERS[(year * 1_000_000 + number) % len(LETTERS)]
