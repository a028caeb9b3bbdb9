"""The skeletons that occur in a crowd, and who has each of them."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import Indel

_LONGEST: Final = 40


class SkeletonWords:
    """Skeletons by their length and by their letters put in order.

    One much longer or shorter than another is never like it, nor is one made of too many other letters:
    words are never more alike than their letters in order are. So few words are compared, and none is missed.
    One that nobody has any more is not kept.
    """

    def __init__(self) -> None:
        self._slots: dict[str, array[int]] = {}
        self._words: list[dict[str, list[str]]] = [{} for _ in range(_LONGEST + 1)]
        """By length, then by the letters in order."""

    def __len__(self) -> int:
        return len(self._slots)

    def add(self, skeleton: str, slot: int) -> None:
        """So the person of this slot is called."""
        word = skeleton[:_LONGEST]
        slots = self._slots.get(word)
        if slots is None:
            slots = self._slots[word] = array("I")
            self._words[len(word)].setdefault(_in_order(word), []).append(word)
        slots.append(slot)

    def remove(self, skeleton: str, slot: int) -> None:
        """So they were called, as `add` was told."""
        word = skeleton[:_LONGEST]
        slots = self._slots[word]
        slots.remove(slot)
        if slots:
            return
        del self._slots[word]
        of_length, letters = self._words[len(word)], _in_order(word)
        of_length[letters].remove(word)
        if not of_length[letters]:
            del of_length[letters]

    def exactly(self, skeleton: str) -> Sequence[int]:
        """Who is called so."""
        return self._slots.get(skeleton[:_LONGEST], ())

    def alike(self, readings: Iterable[str], least: float) -> dict[float, list["array[int]"]]:
        """Who has a skeleton at least so like one of the readings, by how like it is."""
        found: dict[float, list[array[int]]] = {}
        for reading in readings:
            size, letters = len(reading), _in_order(reading)
            # 2 × common letters / all letters ≥ least
            shortest, longest = int(size * least / (2 - least)), int(size * (2 - least) / least)
            for of_length in self._words[max(1, shortest) : longest + 1]:
                likely = [
                    word for one in _like(letters, list(of_length), least) for word in of_length[one[0]]
                ]
                for word, similarity, _ in _like(reading, likely, least):
                    found.setdefault(similarity, []).append(self._slots[word])
        return found


def _in_order(word: str) -> str:
    return "".join(sorted(word))


def _like(wanted: str, choices: list[str], least: float) -> list[tuple[str, float, int]]:
    return process.extract(
        wanted, choices, scorer=Indel.normalized_similarity, score_cutoff=least, limit=None
    )
