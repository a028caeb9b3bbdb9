"""The skeletons that occur in a crowd, and who has each of them."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import Indel

_LONGEST: Final = 40


class SkeletonWords:
    """Skeletons by their length, because one much longer or shorter than another is never like it.

    One that nobody has any more is not kept.
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._words: list[list[str]] = [[] for _ in range(_LONGEST + 1)]
        self._slots: list[list[array[int]]] = [[] for _ in range(_LONGEST + 1)]

    def __len__(self) -> int:
        return len(self._places)

    def add(self, skeleton: str, slot: int) -> None:
        """So the person of this slot is called."""
        word = skeleton[:_LONGEST]
        place = self._places.get(word)
        if place is None:
            place = self._places[word] = len(self._words[len(word)])
            self._words[len(word)].append(word)
            self._slots[len(word)].append(array("I"))
        self._slots[len(word)][place].append(slot)

    def remove(self, skeleton: str, slot: int) -> None:
        """So they were called, as `add` was told."""
        word = skeleton[:_LONGEST]
        place = self._places[word]
        words, slots = self._words[len(word)], self._slots[len(word)]
        slots[place].remove(slot)
        if slots[place]:
            return
        del self._places[word]
        last_word, last_slots = words.pop(), slots.pop()
        if last_word != word:  # the last one takes the place that has become free
            words[place], slots[place], self._places[last_word] = last_word, last_slots, place

    def exactly(self, skeleton: str) -> Sequence[int]:
        """Who is called so."""
        word = skeleton[:_LONGEST]
        place = self._places.get(word)
        return () if place is None else self._slots[len(word)][place]

    def alike(self, readings: Iterable[str], least: float) -> list[tuple[float, "array[int]"]]:
        """Who has a skeleton at least so like one of the readings, and how like."""
        found: list[tuple[float, array[int]]] = []
        for reading in readings:
            size = len(reading)
            # 2 × common letters / all letters ≥ least
            shortest, longest = int(size * least / (2 - least)), int(size * (2 - least) / least)
            for length in range(max(1, shortest), min(longest, _LONGEST) + 1):
                words = self._words[length]
                if words:
                    hits = process.extract(
                        reading, words, scorer=Indel.normalized_similarity, score_cutoff=least, limit=None
                    )
                    found += [(similarity, self._slots[length][place]) for _, similarity, place in hits]
        return found
