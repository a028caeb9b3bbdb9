"""Which figures of a table may be told: none under five, and none that follows from the others.

Whoever reads a table may know its sums from elsewhere. So what is withheld must leave several answers open: a
group of few is told together with others, and where one figure of a column is withheld others are too, until
nothing follows.
"""

from collections.abc import Mapping, Sequence
from typing import Final

FEW: Final = 5
OTHERS: Final = "OTHERS"


def folded(sizes: Mapping[str, int]) -> dict[str, str]:
    """Under which name each group is told: its own, or OTHERS, so that no group is under five but for all.

    The smallest groups go together until they are several and not few.
    """
    by_size = sorted(sizes, key=lambda group: (sizes[group], group))
    count = sum(1 for group in by_size if sizes[group] < FEW)
    while 0 < count < len(by_size) and (count < 2 or sum(sizes[group] for group in by_size[:count]) < FEW):
        count += 1
    return {group: OTHERS if place < count else group for place, group in enumerate(by_size)}


def withheld(sizes: Sequence[int], *columns: Sequence[int]) -> set[int]:
    """Places of the groups of which a figure may not be told.

    Args:
        sizes: of each group how large it is: smaller ones are withheld first.
        columns: the figure itself, and whatever follows from it and from what else is told: what is missing
            to the whole, and what lies between it and another figure.

    A figure is told where each of these is none or not few. Where one is withheld, others are until each
    column could be spread over the withheld ones in several ways.
    """
    hidden = {place for column in columns for place, figure in enumerate(column) if 0 < figure < FEW}
    shown = sorted((place for place in range(len(sizes)) if place not in hidden), key=sizes.__getitem__)
    while hidden and shown and not all(_is_open(column, hidden) for column in columns):
        hidden.add(shown.pop(0))
    return hidden


def told(sizes: Sequence[int], figures: Sequence[int], *following: Sequence[int]) -> list[int | None]:
    """The figures of a column, None where withheld; `following` as the further columns of `withheld`."""
    hidden = withheld(sizes, figures, *following)
    return [None if place in hidden else figure for place, figure in enumerate(figures)]


def _is_open(column: Sequence[int], hidden: set[int]) -> bool:
    """Whether each of the hidden ones could be anything from 1 to 5, by what they are together."""
    return len(hidden) > 1 and sum(column[place] for place in hidden) >= len(hidden) + FEW - 1
