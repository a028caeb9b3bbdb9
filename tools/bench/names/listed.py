"""The listed names, each with its spellings, and which of them the rules of the search may be tuned on."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.bench.names.from_arabic import spellings
from tools.bench.names.from_others import greek_spellings, persian_spellings

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class ListedName:
    """A name as people of one origin bear it; `is_aside`: the rules were never tuned on it."""

    origin: str
    is_family: bool
    is_aside: bool
    spellings: tuple[tuple[str, str], ...]
    """Way of writing (`ar`, `fa`, `ur`, `el`, ways in Latin letters) and spelling, the own one first."""

    def written(self, way: str) -> str:
        """The spelling of a way; the simple one where the origin has no such way."""
        known = dict(self.spellings)
        return known.get(way) or known["simple"]


@cache
def listed_names() -> tuple[ListedName, ...]:
    """All of them. A name lies aside by a digest of itself: nobody chose."""
    return tuple(_read())


def _read() -> Iterator[ListedName]:
    for section, line in _lines("arabic"):
        for name in line.split():
            yield _name("arabic", section, name, spellings(name))
    for origin in ("persian", "urdu"):
        for section, line in _lines(origin):
            written, romanised = line.split(" ", 1)
            yield _name(origin, section, romanised, persian_spellings(written, romanised))
    for section, line in _lines("greek"):
        for name in line.split():
            yield _name("greek", section, name, greek_spellings(name))


def _lines(origin: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in (_FOLDER / f"{origin}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            yield section, line


def _name(origin: str, section: str, name: str, ways: dict[str, str]) -> ListedName:
    is_aside = hashlib.sha256(name.encode()).digest()[0] % 2 == 1
    own = {"arabic": "ar", "persian": "fa", "urdu": "ur", "greek": "el"}[origin]
    order = sorted(ways.items(), key=lambda way: way[0] != own)
    return ListedName(origin, section == "family", is_aside, tuple(order))
