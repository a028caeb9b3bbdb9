"""Names: tidied so that the same name is written in one way, and refused only where they cannot be one."""

import re
import unicodedata
from collections.abc import Iterator

from services.intake.domain.beneficiary import Name, Names

_INSIDE_NAMES = frozenset(" -'’‘ʼ.·־()\u200c\u200d")
"""Marks that stand in names: spaces, hyphens, apostrophes, a call name in brackets, the joiners of Persian
and Indic scripts."""


def tidied(names: Names) -> Names:
    """Without spaces around and double spaces inside, letters composed (NFC)."""
    return Names(_tidied(names.original), _tidied(names.latin), names.withheld)


def complaints(names: Names) -> Iterator[tuple[str, str]]:
    """What is wrong with tidied names, as (field, sentence)."""
    if names.withheld:
        if not (names.original.is_empty and names.latin.is_empty):
            yield "names.withheld", "leave both names empty where the person would rather not give a name."
        return
    if names.latin.is_empty:
        yield "names.latin", "write the name in Latin letters too, as on a document; or mark it as withheld."
    for part in ("given", "family"):
        if not _can_be_a_name(getattr(names.original, part)):
            yield (
                f"names.original.{part}",
                "a name has letters, spaces, hyphens, apostrophes and brackets only.",
            )
        latin = getattr(names.latin, part)
        if not _can_be_a_name(latin):
            yield f"names.latin.{part}", "a name has letters, spaces, hyphens, apostrophes and brackets only."
        elif not all(_is_latin(letter) for letter in latin if letter.isalpha()):
            yield (
                f"names.latin.{part}",
                "write it in Latin letters; the person's own script has its own field.",
            )


def _tidied(name: Name) -> Name:
    return Name(_one_line(name.given), _one_line(name.family))


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()


def _can_be_a_name(text: str) -> bool:
    """Empty, or letters of any script with the marks that stand in names."""
    if not text:
        return True
    return any(letter.isalpha() for letter in text) and all(
        letter in _INSIDE_NAMES or unicodedata.category(letter)[0] in "LM" for letter in text
    )


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("LATIN", "MODIFIER LETTER"))
