"""A case code on paper survives being read aloud and typed."""

import pytest

from kernel.errors import Invalid
from services.intake.domain.case_code import LETTERS, case_code, normalised_case_code


def test_a_case_code_is_found_however_it_is_typed() -> None:
    code = case_code(2026, 123)
    assert code.startswith("KEM-2026-000123-")
    for typed in (code.lower(), code.replace("-", ""), f" {code} ", code.replace("-", "–")):
        assert normalised_case_code(typed) == code


def test_every_wrong_digit_and_every_swap_of_neighbours_is_seen() -> None:
    code = case_code(2026, 104_729)
    digits = [place for place, letter in enumerate(code) if letter.isdigit()]
    wrong = [
        code[:place] + other + code[place + 1 :]
        for place in digits
        for other in "0123456789"
        if other != code[place]
    ]
    wrong += [
        code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        for place in digits
        if code[place + 1].isdigit() and code[place] != code[place + 1]
    ]
    wrong += [code[:-1] + letter for letter in LETTERS if letter != code[-1]]
    for typed in wrong:
        with pytest.raises(Invalid) as refused:
            normalised_case_code(typed)
        assert refused.value.stable_reason == "CASE_CODE_NOT_VALID"
        assert typed not in refused.value.message


def test_numbers_beyond_six_digits_make_no_code() -> None:
    for number in (0, 1_000_000):
        with pytest.raises(ValueError, match="case code"):
            case_code(2026, number)
