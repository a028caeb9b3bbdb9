"""Names as people read them: what nobody sees, and what would turn letters around, stands in none."""

import unicodedata

from kernel.errors import Invalid

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
"""They stand in words of Persian and Indic scripts."""


def unseen_in(text: str) -> str:
    """The first control or mark of direction, which may stand in no name, as U+202E; empty: there is none."""
    found = (one for one in text if unicodedata.category(one) in _UNSEEN and one not in _JOINERS)
    return next((f"U+{ord(one):04X}" for one in found), "")


def check_name(field: str, text: str) -> None:
    """Raises Invalid (NAME_NOT_PLAIN) for what may be read as another name. Empty passes."""
    if unseen := unseen_in(text):
        why = f"{field} has a character that nobody sees ({unseen}): type it anew instead of copying it."
        raise Invalid(why, reason="NAME_NOT_PLAIN", field=field)
