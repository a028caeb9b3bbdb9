"""Notices: what people are shown or read before they decide, one page in each language."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kernel.errors import Invalid

LANGUAGES: Final = ("el", "en", "ar", "fa", "ur", "fr")
"""In which every notice is there (BCP 47)."""

HEADINGS: Final = 11
"""Who we are; what we ask; what they see; what they do not see; whether one must say yes; how to change one's
mind; when we speak without asking; the United Nations; the interpreter; how long and which rights; and the
check: "who will see what, and how do you stop it?"
"""

MAX_CHARACTERS: Final = 3_500
"""One page of 11 points."""

_HEADING: Final = re.compile(r"^## \S", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class NoticeText:
    """The text in one language."""

    language: str
    text: str

    @property
    def sha256(self) -> bytes:
        """Of its UTF-8 bytes: by this a consent record names the text."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    """What the notice says, as a record of consent must hold it (ISO/IEC TS 27560).

    Args:
        storage: where data are kept.
        retention: for how long.
        withdrawal: how consent is taken back.
    """

    controller: str
    jurisdiction: str
    storage: str
    retention: str
    withdrawal: str
    supervisory_authority: str


@dataclass(frozen=True, slots=True)
class PublishedNotice:
    """A version with all its languages."""

    version: str
    terms: NoticeTerms
    texts: Sequence[NoticeText]


def check_notice(texts: Sequence[NoticeText]) -> None:
    """Refuses texts of which somebody would be shown less than others.

    Raises:
        Invalid: NOTICE_LANGUAGES, NOTICE_HEADINGS, NOTICE_TOO_LONG.
    """
    if sorted(text.language for text in texts) != sorted(LANGUAGES):
        raise Invalid(
            f"A notice has one text in each of {', '.join(LANGUAGES)}.",
            reason="NOTICE_LANGUAGES",
        )
    for text in texts:
        if len(_HEADING.findall(text.text)) != HEADINGS:
            raise Invalid(
                f"The text in {text.language} must have {HEADINGS} headings: lines that begin with '## '.",
                reason="NOTICE_HEADINGS",
                language=text.language,
            )
        if len(text.text) > MAX_CHARACTERS:
            raise Invalid(
                f"The text in {text.language} is longer than a page ({MAX_CHARACTERS} characters).",
                reason="NOTICE_TOO_LONG",
                language=text.language,
            )
