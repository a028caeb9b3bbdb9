"""What a page says around a person's data, in their language."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from kernel import codes
from kernel.codes import Named

LANGUAGES: Final = ("el", "en", "ar", "fa", "ur", "fr")
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "ur"})


def _load(file: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / file).read_text(encoding="utf-8"))


TEXTS: Final = _load("texts.toml")
LABELS: Final = _load("labels.toml")
WORDS: Final = _load("words.toml")
_TABLES: Final[tuple[Mapping[str, Named], ...]] = (
    codes.SERVICE_TYPES,
    codes.PURPOSES,
    codes.LEGAL_STATUSES,
    codes.LANGUAGES,
    codes.DISTRICTS,
    *codes.LISTS.values(),
)


def language_of(spoken: Iterable[Mapping[str, Any]]) -> str:
    """The page for whoever speaks these, the first that there is; English for others."""
    return next((page for one in spoken if (page := codes.language(one["language"]).page)), "en")


def named(code: str) -> Named | None:
    """The entry of a code list; None where it is no code."""
    return next((table[code] for table in _TABLES if code in table), None)
