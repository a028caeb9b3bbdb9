"""The words of complaints for staff, by the codes of their contract."""

from collections.abc import Mapping
from typing import Final

from services.console.entrypoints.texts import N_

KINDS: Final[Mapping[str, str]] = {
    "HELP": N_("Help that was not given, or late, or not as promised"),
    "TREATMENT": N_("How somebody was treated"),
    "DATA": N_("What was done with somebody's data"),
    "ABUSE": N_("Abuse or exploitation by somebody of the staff"),
    "OTHER_COMPLAINT": N_("Something else"),
}
FINDINGS: Final[Mapping[str, str]] = {
    "UPHELD": N_("It is right"),
    "PARTLY_UPHELD": N_("Some of it is right"),
    "NOT_UPHELD": N_("It is not right"),
    "NOT_ESTABLISHED": N_("Nothing could be found out"),
}
MOST_LETTERS: Final = 4_000
"""Of a complaint, and of its answer."""
