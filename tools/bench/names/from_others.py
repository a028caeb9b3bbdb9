"""Persian, Urdu and Greek names in the spellings under which they reach a desk.

By public rules: BGN/PCGN (Persian), ALA-LC (Urdu), ELOT 743 (Greek), and what people make of them without
marks; between scripts letter for letter, where the other alphabet has the sound, else the nearest it has.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from tools.bench.names.rules import rules

_LATIN_WAYS: Final[Mapping[str, dict[str, str]]] = {
    "simple": rules("c=ch"),
    "english": rules("ī=ee ū=oo q=gh c=ch"),
    "french": rules("sh=ch j=dj zh=j u=ou q=gh c=tch"),
    "german": rules("sh=sch kh=ch ch=tsch c=tsch j=dsch z=s v=w"),
    "turkish": rules("sh=ş ch=ç c=ç kh=h j=c zh=j q=k gh=g"),
    "persian": rules("ū=ou w=v q=gh c=ch"),
    "urdu": rules("ī=ee ū=oo v=w c=ch"),
}
_SOUNDS: Final = rules("""
    sh=σ ch=τσ kh=χ gh=γ zh=ζ b=μπ d=ντ g=γκ j=τζ h=χ v=β w=ου y=γι q=γκ c=τσ p=π t=τ k=κ f=φ s=σ z=ζ r=ρ
    l=λ m=μ n=ν a=α e=ε i=ι o=ο u=ου
""")
_TO_ARABIC: Final = str.maketrans("پچژگکیہھڈٹڑںےئ", "بجزغكيههدترنيي")
_TO_PERSIAN: Final = str.maketrans("ہھڈٹڑںے", "ههدترنی")
_TO_URDU: Final = str.maketrans("ه", "ہ")

_GREEK_PAIRS: Final = rules("""
    ου=ou αυ=av ευ=ev γγ=ng γκ=gk μπ=mp ντ=nt θ=th χ=ch ψ=ps φ=f ξ=x β=v γ=g δ=d ζ=z η=i ι=i κ=k λ=l μ=m ν=n
    ο=o π=p ρ=r σ=s ς=s τ=t υ=y ω=o α=a ε=e
""")
_GREEK_WAYS: Final[Mapping[str, dict[str, str]]] = {
    "simple": rules(""),
    "english": rules("χ=h υ=i οι=i ει=i μπ=b ντ=d γκ=g φ=ph"),
    "french": rules("ου=ou φ=ph υ=y κ=c χ=ch"),
    "german": rules("ξ=ks υ=y αυ=au ευ=eu σ=s"),
}
_GREEK_IN_ARABIC: Final = rules("""
    ου=و αυ=اف ευ=يف ει=ي οι=ي αι=ي γγ=نغ γκ=غ μπ=ب ντ=د τσ=تس τζ=تز γι=ي γε=ي α=ا β=ف γ=غ δ=ذ ε=ي ζ=ز η=ي
    θ=ث ι=ي κ=ك λ=ل μ=م ν=ن ξ=كس ο=و π=ب ρ=ر σ=س ς=س τ=ت υ=ي φ=ف χ=خ ψ=بس ω=و
""")
_GREEK_IN_PERSIAN: Final = _GREEK_IN_ARABIC | rules("""
    αυ=او ευ=و γγ=نگ γκ=گ τσ=چ τζ=ج β=و γ=گ δ=د ε= θ=ت κ=ک ξ=کس π=پ ψ=پس
""")


def persian_spellings(written: str, romanised: str) -> dict[str, str]:
    """A Persian or Urdu name by way of writing."""
    ways = {
        "ar": written.translate(_TO_ARABIC),
        "fa": written.translate(_TO_PERSIAN),
        "ur": written.translate(_TO_URDU) if "ہ" not in written else written,
        "el": re.sub(r"σ$", "ς", _put(_plain(romanised), _SOUNDS)).capitalize(),
        "marks": romanised,
    }
    for way, table in _LATIN_WAYS.items():
        kept = "".join(
            table.get(letter, letter) if letter in "āīū" else letter for letter in romanised.lower()
        )
        ways[way] = _put(_plain(kept), table).capitalize()
    return ways


def greek_spellings(written: str) -> dict[str, str]:
    """A Greek name by way of writing."""
    bare = _without_accents(written.lower())
    ways = {way: _put(bare, _GREEK_PAIRS | table).capitalize() for way, table in _GREEK_WAYS.items()}
    single = re.sub(r"([^γ])\1", r"\1", bare)
    arabic, persian = _put(single, _GREEK_IN_ARABIC), _put(single, _GREEK_IN_PERSIAN)
    begin = "أ" if bare[0] in "αεηιουω" else ""
    if begin and arabic[0] == "ا":
        arabic = arabic[1:]
    fa = ("ا" if begin and persian[:1] != "ا" else "") + persian.replace("ي", "ی")
    return ways | {"el": written, "ar": begin + arabic, "fa": fa, "ur": fa}


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in folded if letter.isascii() and letter.isalpha())


def _without_accents(text: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )


def _put(text: str, table: Mapping[str, str]) -> str:
    written, at = "", 0
    while at < len(text):
        size = 2 if text[at : at + 2] in table and len(text[at : at + 2]) == 2 else 1
        written, at = written + table.get(text[at : at + size], text[at : at + size]), at + size
    return written
