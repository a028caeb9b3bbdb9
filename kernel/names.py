"""Names as people read them: what nobody sees, and what would turn letters around, stands in none."""

import unicodedata
from typing import Final

from kernel.errors import Invalid

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, marks of direction (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), ends of lines."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""They stand in words of Persian and Indic scripts, and change how their letters look."""


def unseen_in(text: str) -> str:
    """The first character that may stand in no name, as U+202E; empty where there is none."""
    found = (one for one in text if unicodedata.category(one) in _UNSEEN and one not in _JOINERS)
    return next((f"U+{ord(one):04X}" for one in found), "")


def check_name(field: str, text: str) -> None:
    """Refuses a name, or another line that is shown as one, that people could read as something else.

    Empty passes: whether there must be one is a rule of its own.

    Raises:
        Invalid: NAME_NOT_PLAIN. What was written is not repeated: it may be somebody's name.
    """
    if unseen := unseen_in(text):
        raise Invalid(
            f"{field} has a character that nobody sees ({unseen}), by which it may be read as another one:"
            " type it anew instead of copying it.",
            reason="NAME_NOT_PLAIN",
            field=field,
        )
