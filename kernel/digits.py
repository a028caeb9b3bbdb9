"""Digits of any script: keypads in Arabic, Persian, Urdu or Bengali write their own."""

import unicodedata


def western_digits(text: str) -> str:
    """Decimal digits of every script as 0 to 9, where a number or a code is meant; all else as it is."""
    return "".join(
        letter if (digit := unicodedata.decimal(letter, None)) is None else str(digit) for letter in text
    )
