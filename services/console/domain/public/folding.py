"""Words as a search compares them: without accents, in one form of each letter, and Greek also as Latin.

Somebody types what they hear. `mathimata` finds Μαθήματα, `νομικη` finds Νομική, and an Arabic alef is an
alef whatever it carries. What is found is a word that begins as the typed one does.
"""

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"\w+")
_UNSEEN: Final = re.compile("[\u0640\u200c\u200d]")
"""Stretches Arabic letters, or joins and parts them; nobody types it on purpose."""
_LETTERS: Final = str.maketrans(
    {
        "ς": "σ", "ß": "ss",
        "ى": "ی", "ي": "ی", "ئ": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه", "ھ": "ه", "ہ": "ه", "ۃ": "ه",
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ؤ": "و", "ء": "",
    }
)  # fmt: skip
_GREEK: Final = (
    ("ου", "u"), ("αι", "e"), ("ει", "i"), ("οι", "i"), ("υι", "i"), ("αυ", "av"), ("ευ", "ev"),
    ("μπ", "b"), ("ντ", "d"), ("γκ", "g"), ("γγ", "g"), ("τσ", "ts"), ("τζ", "tz"),
    ("α", "a"), ("β", "v"), ("γ", "g"), ("δ", "d"), ("ε", "e"), ("ζ", "z"), ("η", "i"), ("θ", "th"),
    ("ι", "i"), ("κ", "k"), ("λ", "l"), ("μ", "m"), ("ν", "n"), ("ξ", "x"), ("ο", "o"), ("π", "p"),
    ("ρ", "r"), ("σ", "s"), ("τ", "t"), ("υ", "i"), ("φ", "f"), ("χ", "h"), ("ψ", "ps"), ("ω", "o"),
)  # fmt: skip
_LATIN: Final = (
    ("ou", "u"), ("ai", "e"), ("ei", "i"), ("oi", "i"), ("ch", "h"), ("kh", "h"), ("ph", "f"), ("mp", "b"),
    ("nt", "d"), ("gk", "g"), ("gg", "g"), ("ks", "x"), ("af", "av"), ("ef", "ev"), ("au", "av"),
    ("eu", "ev"), ("y", "i"), ("w", "o"), ("c", "k"), ("j", "z"), ("8", "th"),
)  # fmt: skip
"""The ways in which people write Greek by Latin letters, in one."""
_ENDING: Final = re.compile(r"(?<=[a-z]{4})[aeiou][sn]?$")
"""By which Greek words differ from case to case: somebody types ελληνικά and means ελληνικών."""


def fold(text: str) -> str:
    """One form of each letter; accents, case and what nobody sees are gone."""
    parted = unicodedata.normalize("NFKD", _UNSEEN.sub("", text)).casefold()
    bare = "".join(letter for letter in parted if not unicodedata.combining(letter))
    return bare.translate(_LETTERS)


def sound(folded: str) -> str:
    """A folded word as Latin letters spell its sound, by one spelling; other scripts stay."""
    for greek, latin in _GREEK:
        folded = folded.replace(greek, latin)
    for written, one in _LATIN:
        folded = folded.replace(written, one)
    return re.sub(r"([a-z])\1", r"\1", folded)


def words_of(*texts: str) -> frozenset[str]:
    """Every word of the texts, folded and as it sounds."""
    folded = {word for text in texts for word in _WORD.findall(fold(text))}
    return frozenset(folded | {sound(word) for word in folded})


def whole_words(typed: str, words: frozenset[str]) -> int:
    """How many of the typed words are one of the words as they stand, or sound as one."""
    return sum(not words.isdisjoint((one, sound(one))) for one in _WORD.findall(fold(typed)))


def matches(typed: str, words: frozenset[str]) -> bool:
    """Whether each of the typed words begins one of the words, but for its ending; none typed match all."""
    return all(
        any(word.startswith((one, stem)) for word in words)
        for one in _WORD.findall(fold(typed))
        for stem in (_ENDING.sub("", sound(one)),)
    )
