"""What presses among the referrals that an agency sent: each stands where it is most pressing, or nowhere."""

from datetime import timedelta
from enum import auto
from typing import Final

from kernel.codes import Code


class Pressing(Code):
    """Why somebody looks at it now, the most pressing first."""

    CALL = auto()
    """An emergency that nobody at the agency asked has opened."""
    QUESTION = auto()
    """The agency asked wants to know something."""
    OVERDUE = auto()
    """The person should have had a positive answer by now."""
    CHOICE = auto()
    """The person decides next."""
    MOVED = auto()
    """Something has changed lately."""


LATELY: Final = timedelta(days=3)
"""For so long after its last change something has moved."""
