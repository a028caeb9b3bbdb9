"""What languages are called in other languages."""

from functools import cache
from typing import Final

from babel import Locale

from kernel.codes import LANGUAGES
from services.console.adapters.catalogue import STAFF_LANGUAGES

_CLDR: Final = {
    "ell": "el", "eng": "en", "ara": "ar", "arz": "arz", "fas": "fa", "pes": "fa", "prs": "fa_AF",
    "pus": "ps", "urd": "ur", "hin": "hi", "pan": "pa", "pnb": "pa", "ben": "bn", "fra": "fr", "ckb": "ckb",
    "kmr": "ku", "som": "so", "lin": "ln", "swa": "sw", "tir": "ti", "amh": "am", "sqi": "sq", "ukr": "uk",
    "rus": "ru", "kat": "ka", "hye": "hy", "tur": "tr", "bul": "bg", "ron": "ro", "tgl": "fil", "cmn": "zh",
    "spa": "es",
}  # fmt: skip
"""By which Babel knows our languages (ISO 639-3)."""


@cache
def language_name(code: str, language: str) -> str:
    """What one language is called in another."""
    entry = LANGUAGES.get(code)
    if entry is None:
        return code
    if language in STAFF_LANGUAGES:
        return entry.el if language == "el" else entry.en
    return str(Locale.parse(language).languages.get(_CLDR.get(code, code), entry.en))
