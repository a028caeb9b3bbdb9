"""A name's consonants in eleven classes: the same however and in whichever of five scripts it is written.

Vowels are written differently, or not at all; consonants are merged where scripts or languages do not tell
them apart (d and t, p and b, q, g and k, s, sh and z). Where one letter stands for several sounds (ch, j, th)
a name has several skeletons. From public romanisation tables: ALA-LC, DIN 31635, BGN/PCGN, ELOT 743.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

from services.intake.domain.skeleton_letters import ARABIC, GREEK, LATIN

MOST_SKELETONS: Final = 6
"""Of one word; readings beyond these are not tried."""

_ARTICLES: Final = frozenset({"al", "el", "ul", "ar", "as", "ash", "ad", "an", "az", "at", "αλ", "ελ", "ال"})
_NO_LETTERS: Final = re.compile(r"[^\w\u200c]+|_")
_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_GREEK: Final = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")

_MARKED: Final = {
    "ı": "i",
    "ş": "sh",
    "ç": "ch",
    "š": "sh",
    "č": "ch",
    "ž": "zh",
    "ǧ": "j",
    "ẗ": "",
    "ḫ": "kh",
    "ẖ": "h",
}
"""Marks that make another consonant of a letter; all others are dropped."""
_SILENT: Final = frozenset("\u0640\u200cʿʾʻʼ'’‘`")
_VOWELS: Final = frozenset("aeiouyαεηιουωاأإآعىيیئء")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, folded: no marks, no article; the parts of `ʿAbd al-…` in one."""
    parts = [part for part in _NO_LETTERS.split(_folded(name)) if part]
    kept = [part for part in parts if part not in _ARTICLES] or parts
    return tuple(_joined(kept))


def skeletons(word: str) -> tuple[str, ...]:
    """The ways to read one word of `words_of`, the likeliest first; at least one, none of them empty."""
    readings = [found for spelling in _without_article(word) for found in _readings(spelling)]
    return tuple(dict.fromkeys(found for found in readings if found))[:MOST_SKELETONS] or (word,)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    lower = unicodedata.normalize("NFC", text).lower()
    plain = unicodedata.normalize("NFKD", "".join(_MARKED.get(letter, letter) for letter in lower))
    return "".join(
        letter for letter in plain if unicodedata.category(letter) != "Mn" and letter not in _SILENT
    )


def _joined(words: Iterable[str]) -> Iterator[str]:
    """`abd`, with or without its article, is no name by itself."""
    pending = ""
    for word in words:
        if re.fullmatch(r"abd(?:[aeiou][lrnszdt]?)?|عبد|αμπντ(?:[εαο]υ?λ)?", word):
            pending = word[:3] if word[0] == "a" else "عبد" if word[0] == "ع" else "αμπντ"
        else:
            yield pending + word
            pending = ""
    if pending:
        yield pending


def _without_article(word: str) -> list[str]:
    if word.startswith("عبدال") and len(word) > 6:
        return ["عبد" + word[5:]]
    if word.startswith("ال") and len(word) > 4:
        return [word[2:], word]
    if found := re.fullmatch(r"abd[aeiouü]([lrnszdt])(\w{3,})", word):
        return ["abd" + found[2]]
    if re.match(r"[ae]l[^aeiou]\w{3}", word):
        return [word, word[2:]]
    return [word]


def _readings(word: str) -> Iterator[str]:
    if _ARABIC.search(word):
        letters = ARABIC
        word = re.sub(r"(?<=..)[هةہ]$", "", word)
    elif _GREEK.search(word):
        letters = GREEK
        word = re.sub(r"(μπ|ντ|τζ|τσ|[^γ])\1+", r"\1", word)
    else:
        letters = LATIN
        word = re.sub(r"(dsch|sch|[cdgkstz]h|dj|.)\1+", r"\1", word)
        word = re.sub(r"(?<=.[aeiou])h$", "", word)
    options, at = _beginning(word)
    while at < len(word):
        size = next((n for n in (4, 3, 2) if at + n <= len(word) and word[at : at + n] in letters), 1)
        options.append(letters.get(word[at : at + size], ("",)))
        at += size
    for chosen in product(*options):
        yield "".join(chosen)


def _beginning(word: str) -> tuple[list[tuple[str, ...]], int]:
    """How the word begins, and how many letters that takes: all vowels are one, and w is no vowel here."""
    if re.match(r"[وwv]|ου[αεηιο]|ou[aei]", word):
        return [("F",)], 2 if word[0] in "οo" else 1
    if re.match(r"γ[ιεηυ]", word):
        return [("K", "A")], 2
    return ([("A",)] if word[0] in _VOWELS else []), 0
