"""Codes as people read them, in the language of the page."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from babel import Locale

from kernel.codes import LANGUAGES
from services.console.domain.countries import COUNTRIES, STATELESS


class _Named(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def el(self) -> str: ...
    @property
    def en(self) -> str: ...


def name_of(entry: _Named, language: str) -> str:
    """Its name, for staff: Greek or English."""
    return entry.el if language == "el" else entry.en


def named(entries: Mapping[str, _Named], code: str, language: str) -> str:
    """The name of a code; a code that this release does not know, as from a newer one, stands as it is."""
    entry = entries.get(code)
    return name_of(entry, language) if entry is not None else code


def choices(
    entries: Mapping[str, _Named], language: str, *, nothing: str | None = None
) -> list[tuple[str, str]]:
    """Pairs of code and name as a field of a form offers them.

    Args:
        nothing: the first of them, for no choice; None where there is no such.
    """
    first = [] if nothing is None else [("", nothing)]
    return first + [(code, name_of(entry, language)) for code, entry in entries.items()]


def by_name(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """In the order of the alphabet."""
    return sorted(pairs, key=lambda pair: pair[1].casefold())


def text_of(message: Any, language: str) -> str:
    """A bilingual text of a service, in the page's language."""
    return str(message.el if language == "el" else message.en)


def languages_spoken(codes: Iterable[str], language: str) -> str:
    """Their names, with commas."""
    return ", ".join(named(LANGUAGES, code, language) for code in codes)


def nationalities(language: str, nothing: str, stateless: str) -> list[tuple[str, str]]:
    """Countries by their three letters, in the order of their names; whoever has none comes first."""
    territories = Locale(language).territories
    pairs = [(three, str(territories[two])) for three, two in COUNTRIES.items()]
    return [("", nothing), (STATELESS, stateless), *by_name(pairs)]
