"""What a password must be (after NIST SP 800-63B: length counts, composition rules do not)."""

import itertools
import unicodedata
from typing import Final

from kernel.errors import Invalid

SHORTEST: Final = 12
LONGEST: Final = 128
FEWEST_DIFFERENT: Final = 5
_FIRST_GUESSES: Final = (
    "password",
    "passw0rd",
    "123456",
    "qwerty",
    "κωδικος",
    "κωδικός",
    "letmein",
    "welcome",
    "athens",
    "αθηνα",
    "αθήνα",
)
"""What is tried first; longer than half of a password, it makes that one easy."""


class PasswordTooWeak(Invalid):
    """It would be guessed."""

    reason = "PASSWORD_TOO_WEAK"


def plain_password(text: str) -> str:
    """The same characters, however a keyboard has composed them (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def require_strong(password: str, *, login: str, display_name: str) -> None:
    """Lets a new password pass.

    Args:
        password: as `plain_password` gives it.

    Raises:
        PasswordTooWeak: with what to do.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordTooWeak(
            f"A password has {SHORTEST} to {LONGEST} characters; a few words in a row are easily remembered."
        )
    if len(set(password)) < FEWEST_DIFFERENT or _is_a_row(password):
        raise PasswordTooWeak("This password repeats or counts on; take a few words in a row instead.")
    lower = password.lower()
    names = [login.partition("@")[0], *display_name.lower().split()]
    if any(len(name) >= 4 and name in lower for name in names):
        raise PasswordTooWeak("A password does not hold your own name or login.")
    if any(guess in lower and len(guess) * 2 >= len(password) for guess in _FIRST_GUESSES):
        raise PasswordTooWeak("This password is among those that are tried first; take another one.")


def _is_a_row(password: str) -> bool:
    """Each character follows the one before, as in `abcdefghijkl` or `987654321098`."""
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(password)}
    return len(steps - {9, -9}) == 1 and steps & {1, -1} != set()
