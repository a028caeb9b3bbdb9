"""The code of a receipt and its PIN: made to be typed, and not to be guessed."""

import secrets
import unicodedata
from typing import Final

from kernel.digits import western_digits

CODE_LETTERS: Final = 20
"""Of five random bits each: a hundred bits, less what `new_code` leaves out."""
PIN_DIGITS: Final = 6
WRONG_PINS: Final = 5
"""So many wrong ones in a row lock the receipt: one chance in 200,000 for whoever has found the paper."""

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
_CHECK: Final = _ALPHABET + "*~$=U"
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_GROUP: Final = 5


def new_code() -> str:
    """A fresh code with its check symbol, as it is stored nowhere; none whose symbol is no letter or digit,
    which people take for dirt on the paper.
    """
    while True:
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LETTERS))
        if (check := _check_symbol(letters)) in _ALPHABET:
            return letters + check


def new_pin() -> str:
    """A fresh PIN."""
    return "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))


def grouped(code: str) -> str:
    """The code as it is printed."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def typed_code(typed: str) -> str:
    """The code that was meant: no spaces and hyphens, digits of any script, letters that look like digits
    taken for them."""
    plain = _without_space(western_digits(typed)).replace("-", "").upper()
    return plain[:CODE_LETTERS].translate(_ALIKE) + plain[CODE_LETTERS:]


def typed_pin(typed: str) -> str:
    """The PIN that was meant, by whatever keypad: a phone in Persian writes ۱۲۳ for 123."""
    return _without_space(western_digits(typed))


def is_well_typed(code: str) -> bool:
    """Whether the check symbol fits: one wrong letter, or two that changed places, never do."""
    letters, check = code[:CODE_LETTERS], code[CODE_LETTERS:]
    if len(letters) < CODE_LETTERS or any(letter not in _ALPHABET for letter in letters):
        return False
    return check == _check_symbol(letters)


def _without_space(text: str) -> str:
    """Nor the unseen marks that come along where something is copied from a page written from the right."""
    return "".join(letter for letter in text if not letter.isspace() and unicodedata.category(letter) != "Cf")


def _check_symbol(letters: str) -> str:
    number = 0
    for letter in letters:
        number = number * 32 + _ALPHABET.index(letter)
    return _CHECK[number % len(_CHECK)]
