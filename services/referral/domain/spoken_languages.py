"""Whether a person is understood at a service: for certain, through an interpreter, or perhaps."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from kernel import codes


class Understood(StrEnum):
    """The best way in which somebody is understood."""

    SPOKEN = "SPOKEN"
    INTERPRETER = "INTERPRETER"
    ASK = "ASK"
    """A close language is there; the person is asked whether it will do."""
    NO = "NO"
    NOT_KNOWN = "NOT_KNOWN"
    """Nobody has recorded what the person speaks."""


def served_by(spoken: Iterable[str]) -> frozenset[str]:
    """The languages a service may offer so that somebody who speaks these is certainly understood."""
    wanted = {codes.language(code).code for code in spoken}
    return frozenset(wanted | {code for code, entry in codes.LANGUAGES.items() if wanted & set(entry.serves)})


def asked_by(spoken: Iterable[str]) -> frozenset[str]:
    """The languages that may do for somebody who speaks these, if the person says so."""
    wanted = set(spoken)
    certain = served_by(wanted)
    return frozenset(code for code, entry in codes.LANGUAGES.items() if wanted & set(entry.ask)) - certain


@dataclass(frozen=True, slots=True)
class _Spoken:
    code: str
    certain: frozenset[str]
    perhaps: frozenset[str]


@lru_cache(maxsize=512)
def _spoken(code: str) -> _Spoken:
    if code not in codes.LANGUAGES:
        return _Spoken(code, frozenset((code,)), frozenset())
    return _Spoken(code, served_by((code,)), asked_by((code,)))


@dataclass(frozen=True, slots=True)
class Understanding:
    """How somebody is understood, and by which of their languages."""

    how: Understood
    language: str


_UNKNOWN = Understanding(Understood.NOT_KNOWN, "")
_NONE = Understanding(Understood.NO, "")


def understanding(
    languages: tuple[str, ...], spoken_there: Set[str], interpreted_there: Set[str]
) -> Understanding:
    """The best way, in the order of the person's languages (the best first)."""
    if not languages:
        return _UNKNOWN
    mine = [_spoken(code) for code in languages]
    for there, how in ((spoken_there, Understood.SPOKEN), (interpreted_there, Understood.INTERPRETER)):
        for one in mine:
            if not one.certain.isdisjoint(there):
                return Understanding(how, one.code)
    for one in mine:
        if not (one.perhaps.isdisjoint(spoken_there) and one.perhaps.isdisjoint(interpreted_there)):
            return Understanding(Understood.ASK, one.code)
    return _NONE
