"""A freeze of a person's consent: nothing is given on it until it is lifted."""

from enum import StrEnum


class FreezeGround(StrEnum):
    """Why nothing is given."""

    GUARDIAN_DOUBTED = "GUARDIAN_DOUBTED"
    """Whoever decides for the person is doubted; a child-protection officer freezes and lifts."""
    RESTRICTION = "RESTRICTION"
    """At the person's wish (GDPR article 18)."""
