"""People by the skeletons of their names, in memory only: neither a name nor a skeleton is ever written down.

What a search finds here are candidates; who may be shown, and in which order, is decided over their records.
"""

import sys
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final
from uuid import UUID

from services.intake.domain.name_skeleton import skeletons, words_of
from services.intake.domain.skeleton_words import SkeletonWords

LEAST_SIMILARITY: Final = 0.65
"""Of two words: below that they are not the same name."""
LEAST_SIMILARITY_OF_PAIRS: Final = 0.8
"""Of one word and two that were written apart: longer, so more of it must agree."""
LEAST_SCORE: Final = 0.55
"""Of a person: so much of what was typed must be in their name."""
BIRTH_YEARS_APART: Final = 1
"""Many dates of birth are guesses, and calendars begin their years on different days."""
MOST_READINGS: Final = 3
"""Of a word that is searched for; people are filed under all readings of theirs."""
_LEAST_HALF: Final = 2

Readings = tuple[str, ...]
"""The skeletons of one word."""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Of a person what a search by name goes by; an unknown year is 0, an unknown nationality empty."""

    beneficiary_id: UUID
    agency_id: UUID
    names: tuple[str, ...]
    """The name as the person writes it, and in Latin letters."""
    birth_year: int
    nationality: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where somebody is filed, and under which skeletons; of their name, nothing else."""

    beneficiary_id: UUID
    agency_id: UUID
    birth_year: int
    nationality: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameQuery:
    """What somebody looks for. What is known of a person and differs from it rules them out."""

    name: str
    birth_year: int = 0
    nationality: str = ""


class NameIndex:
    """Adds, replaces and forgets people; finds those whose name is like the one that was typed."""

    def __init__(self) -> None:
        self._slots: dict[UUID, int] = {}
        self._people: list[_Place | None] = []
        self._free: list[int] = []
        self._born: dict[tuple[UUID, int], set[int]] = {}
        self._of_nationality: dict[tuple[UUID, str], set[int]] = {}
        self._words = SkeletonWords()

    def __len__(self) -> int:
        return len(self._slots)

    def put(self, person: KnownPerson, read: Callable[[str], Readings] = skeletons) -> None:
        """Knows the person from now on as they are given; without a name, not at all.

        `read` may be a `skeletons` that remembers, for as long as many are put.
        """
        self.forget(person.beneficiary_id)
        found = dict.fromkeys(one for name in person.names for word in words_of(name) for one in read(word))
        if not found:
            return
        # equal skeletons of all people are one string in memory
        words = tuple(map(sys.intern, found))
        place = _Place(person.beneficiary_id, person.agency_id, person.birth_year, person.nationality, words)
        slot = self._free.pop() if self._free else len(self._people)
        self._people[slot : slot + 1] = [place]
        self._slots[person.beneficiary_id] = slot
        self._born.setdefault((person.agency_id, person.birth_year), set()).add(slot)
        self._of_nationality.setdefault((person.agency_id, person.nationality), set()).add(slot)
        for skeleton in words:
            self._words.add(skeleton, slot)

    def forget(self, beneficiary_id: UUID) -> None:
        """Knows the person no more, nor a skeleton that was theirs alone; repeat-safe."""
        slot = self._slots.pop(beneficiary_id, None)
        place = self._people[slot] if slot is not None else None
        if slot is None or place is None:
            return
        self._people[slot] = None
        self._free.append(slot)
        self._born[place.agency_id, place.birth_year].discard(slot)
        self._of_nationality[place.agency_id, place.nationality].discard(slot)
        for skeleton in place.words:
            self._words.remove(skeleton, slot)

    def find(self, query: NameQuery, agency_id: UUID) -> list[tuple[UUID, float]]:
        """People whom the agency registered, the likest first, each with a score of 0 to 1.

        Whoever's year of birth or nationality is not known is not ruled out by it.
        """
        words = words_of(query.name)
        fitting = self._fitting(query, agency_id)
        if not words or not fitting:
            return []
        singles = [skeletons(word)[:MOST_READINGS] for word in words]
        of_word = [self._like_word(readings, fitting) for readings in singles]
        of_pair = [self._like_pair(_pair(*two), fitting) for two in pairwise(singles)]
        scores = _scores(of_word, of_pair, _weights(singles))
        best = sorted((-score, slot) for slot, score in scores.items() if score >= LEAST_SCORE)
        return [(place.beneficiary_id, -score) for score, slot in best if (place := self._people[slot])]

    def _fitting(self, query: NameQuery, agency_id: UUID) -> set[int]:
        """Slots of the agency's people whom nothing that was said rules out."""
        sides = []
        if query.birth_year:
            years = range(query.birth_year - BIRTH_YEARS_APART, query.birth_year + BIRTH_YEARS_APART + 1)
            sides.append([self._born.get((agency_id, year), set()) for year in (0, *years)])
        if query.nationality:
            sides.append(
                [self._of_nationality.get((agency_id, code), set()) for code in ("", query.nationality)]
            )
        if not sides:
            sides.append([slots for (agency, _), slots in self._born.items() if agency == agency_id])
        return set.intersection(*(set().union(*side) for side in sides))

    def _like_word(self, readings: Readings, fitting: set[int]) -> dict[int, float]:
        """Slots with a word like one of these readings, or with two that one of them joins; how like."""
        found = _likest(self._words.alike(readings, LEAST_SIMILARITY), fitting)
        joined = (halves for reading in readings for halves in _halves(reading))
        return found | {slot: 1.0 for halves in joined for slot in self._with_both(*halves, fitting)}

    def _with_both(self, first: str, second: str, fitting: set[int]) -> set[int]:
        """Slots with these two words; the second one may begin with a vowel."""
        begin = self._words.exactly(first)
        if not begin:
            return set()
        ends = (self._words.exactly(second), self._words.exactly("A" + second))
        return fitting.intersection(begin).intersection(chain(*ends))

    def _like_pair(self, readings: list[str], fitting: set[int]) -> dict[int, float]:
        """Slots with one word that is like two neighbours of the query."""
        return _likest(self._words.alike(readings, LEAST_SIMILARITY_OF_PAIRS), fitting)


def _likest(alike: Mapping[float, list["array[int]"]], fitting: set[int]) -> dict[int, float]:
    """Fitting slots, each with the best that it has."""
    found: dict[int, float] = {}
    for similarity, slots in sorted(alike.items()):
        found.update(dict.fromkeys(fitting.intersection(chain.from_iterable(slots)), similarity))
    return found


def _halves(reading: str) -> list[tuple[str, str]]:
    """Two words that may have been written as one."""
    return [(reading[:at], reading[at:]) for at in range(_LEAST_HALF, len(reading) - _LEAST_HALF + 1)]


def _pair(first: Readings, second: Readings) -> list[str]:
    return [one + other.removeprefix("A") for one in first[:2] for other in second[:2]]


def _weights(words: list[Readings]) -> list[float]:
    """How much each word counts: by the length of its skeleton, together 1."""
    lengths = [1 + len(readings[0]) for readings in words]
    return [length / sum(lengths) for length in lengths]


def _scores(
    of_word: list[dict[int, float]], of_pair: list[dict[int, float]], weights: list[float]
) -> dict[int, float]:
    """How much of the query is in each person's name, two neighbours taken together where that is more."""
    scores: dict[int, float] = {}
    for weight, alike in zip(weights, of_word, strict=True):
        for slot, similarity in alike.items():
            scores[slot] = scores.get(slot, 0.0) + weight * similarity
    for slot in {slot for alike in of_pair for slot in alike}:
        before, now = 0.0, weights[0] * of_word[0].get(slot, 0.0)
        for place in range(1, len(weights)):
            single = now + weights[place] * of_word[place].get(slot, 0.0)
            both = before + (weights[place - 1] + weights[place]) * of_pair[place - 1].get(slot, 0.0)
            before, now = now, max(single, both)
        scores[slot] = now
    return scores
