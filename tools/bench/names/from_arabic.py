"""Arabic names, given by DIN 31635, in the spellings under which they reach a desk.

The rules are public ones: the Arabic script itself (DIN 31635 read backwards), the ALA-LC and BGN/PCGN tables
without their marks, and what passports and newspapers do with them: French in the Maghreb, in Syria and
Lebanon; Turkish; German; Persian and Urdu speakers' own romanisation; Greek newspapers.
"""

import re
from collections.abc import Mapping
from typing import Final

from tools.bench.names.rules import rules

VOWELS: Final = "aiuāīū"
_SCRIPT: Final = rules("""
    b=ب t=ت ṯ=ث ǧ=ج j=ج ḥ=ح ḫ=خ d=د ḏ=ذ r=ر z=ز s=س š=ش ṣ=ص ḍ=ض ṭ=ط ẓ=ظ ʿ=ع ġ=غ f=ف q=ق k=ك l=ل m=م n=ن h=ه
    w=و y=ي ā=ا ī=ي ū=و ẗ=ة
""")
_PLAIN: Final = rules("""
    ṯ=th ǧ=j ḥ=h ḫ=kh ḏ=dh š=sh ṣ=s ḍ=d ṭ=t ẓ=z ʿ= ʾ= ġ=gh ā=a ī=i ū=u ẗ=h
""")
LATIN_WAYS: Final[Mapping[str, dict[str, str]]] = {
    "simple": rules(""),
    "english": rules("ẗ= ī=ee ū=oo u=o q=k ay=ei i=e"),
    "french": rules("ẗ= š=ch ū=ou u=ou ǧ=dj q=k w=ou aw=ao ay=ei"),
    "german": rules("ẗ= š=sch ǧ=dsch ḫ=ch z=s y=j ay=ai q=k"),
    "turkish": rules("aẗ=e š=ş ǧ=c j=c ḫ=h w=v aw=ev q=k ġ=g ṯ=s ḏ=z ḍ=d ay=ey"),
    "persian": rules("aẗ=eh w=v ḍ=z ṯ=s ḏ=z q=gh i=e u=o ay=ey aw=ow"),
    "urdu": rules("aẗ=a ḍ=z ṯ=s ḏ=z ī=ee ū=oo ay=ai aw=au"),
}
_GREEK: Final = rules("""
    b=μπ t=τ ṯ=θ ǧ=τζ j=τζ ḥ=χ ḫ=χ d=ντ ḏ=δ r=ρ z=ζ s=σ š=σ ṣ=σ ḍ=ντ ṭ=τ ẓ=ζ ʿ= ʾ= ġ=γ f=φ q=κ k=κ l=λ m=μ
    n=ν h=χ w=ου y=γι a=α ā=α i=ι ī=ι u=ου ū=ου ẗ= ay=αϊ aw=αου
""")
_ARTICLES: Final = {
    "simple": "al-",
    "english": "Al ",
    "french": "El ",
    "german": "al-",
    "turkish": "El ",
    "persian": "al-",
    "urdu": "Al-",
}
_JOINS: Final = {
    "simple": " al-",
    "english": "ul ",
    "french": "el",
    "german": " el-",
    "turkish": "ül",
    "persian": "ol",
    "urdu": "ul-",
}


def spellings(name: str) -> dict[str, str]:
    """A name by way of writing: ar, fa, ur, el, and the ways in Latin letters."""
    arabic = _in_arabic(name)
    ways = {"ar": arabic, "fa": _in_persian(arabic), "ur": _in_urdu(arabic), "el": _in_greek(name)}
    ways["marks"] = name.replace("|", " ").replace("ẗ", "h")
    return ways | {way: _in_latin(name, way) for way in LATIN_WAYS}


def _in_arabic(name: str) -> str:
    return " ".join(
        "الله" if part == "Allāh" else "ال" * bool(article) + _word_in_arabic(bare)
        for part in name.split("|")
        for article, bare in [_cut(part)]
    )


def _word_in_arabic(word: str) -> str:
    word = word.lower()
    begin = {"a": "أ", "i": "إ", "u": "أ", "ā": "آ"}.get(word[0], "")
    if begin:
        word = word[1:]
    word = re.sub(r"(.)\1", r"\1", word)
    word = re.sub(r"ʾ$", "ء", word)
    word = re.sub(r"(?<=u)ʾ", "ؤ", word).replace("ʾ", "ئ")
    word = re.sub(r"(?<![yḥ])ā$|(?<=ḥy)ā$", "ى", word)
    return begin + "".join(_SCRIPT.get(letter, "" if letter in VOWELS else letter) for letter in word)


def _in_persian(arabic: str) -> str:
    plain = arabic.translate(str.maketrans("كيىةأإؤ", "کییهااو"))
    return plain.replace("عبد ", "عبد").replace(" الدین", "الدین")


def _in_urdu(arabic: str) -> str:
    return arabic.translate(str.maketrans("كيىهةأإ", "کییہہاا"))


def _in_greek(name: str) -> str:
    parts = []
    for part in name.split("|"):
        article, bare = _cut(part)
        greek = _put(bare, _GREEK)
        parts.append(("Αλ " if article else "") + re.sub(r"σ$", "ς", greek).capitalize())
    return " ".join(parts)


def _in_latin(name: str, way: str) -> str:
    table = _PLAIN | LATIN_WAYS[way]
    first, _, second = name.partition("|")
    article, bare = _cut(first)
    written = (_ARTICLES[way] if article else "") + _put(bare, table).capitalize()
    if not second:
        return written
    article, bare = _cut(second)
    last = _put(bare, table)
    if bare == "Allāh":
        return (
            f"{written} {last.capitalize()}"
            if way in ("simple", "german")
            else written + "u" * (written[-1] not in "aeiou") + last[1:]
        )
    if not article:
        return f"{written} {last.capitalize()}"
    join = _JOINS[way]
    return written + join + (last.capitalize() if join[-1] in " -" else last)


def _cut(part: str) -> tuple[str, str]:
    article, hyphen, bare = part.partition("-")
    return (article, bare) if hyphen else ("", part)


def _put(word: str, table: Mapping[str, str]) -> str:
    """The rules, longest first; a diphthong only before a consonant or at the end."""
    word, written, at = word.lower(), "", 0
    while at < len(word):
        pair = word[at : at + 2]
        is_diphthong = pair in ("ay", "aw") and word[at + 2 : at + 3] not in (*VOWELS, pair[1])
        if pair in table and (is_diphthong or pair == "aẗ"):
            written, at = written + table[pair], at + 2
        else:
            written, at = written + table.get(word[at], word[at]), at + 1
    return written
