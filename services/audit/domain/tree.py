"""The Merkle tree of RFC 6962 § 2.1 (RFC 9162 § 2.1 has the same), grown leaf by leaf.

Only full nodes are kept: a node is full when every leaf beneath it exists, and it never changes again. What
lies at the right edge is made of full ones when it is asked for, and a node of few leaves of these.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
KEPT_LEVEL: Final = 4
"""From here on full nodes are kept; one below has eight leaves at most, which lie side by side."""
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


class Place(NamedTuple):
    """Of a full node: it covers leaves `number << level` up to `(number + 1) << level`, the last left out."""

    level: int
    number: int

    @property
    def leaves(self) -> range:
        """What lies beneath it."""
        return range(self.number << self.level, (self.number + 1) << self.level)


class Span(NamedTuple):
    """The leaves from `start` up to `end`, the last left out, under one node of the tree."""

    start: int
    end: int


def leaf_hash(body: bytes) -> bytes:
    """What an entry's body is in the tree."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The parent of two nodes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Edge:
    """The right edge of a tree of `size` leaves: its full nodes from the largest to the smallest.

    Args:
        hashes: one for each bit that is set in `size`, the highest first.
    """

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> Iterable[tuple[Place, bytes]]:
        """Takes a leaf's hash; answers the nodes that became full by it, the leaf itself first."""
        level, number, hashed = 0, self.size, leaf
        full = [(Place(level, number), hashed)]
        while number & 1:
            hashed = node_hash(self.hashes.pop(), hashed)
            level, number = level + 1, number >> 1
            full.append((Place(level, number), hashed))
        self.hashes.append(hashed)
        self.size += 1
        return full

    @property
    def root(self) -> bytes:
        """The tree's root hash."""
        return folded(self.hashes) if self.hashes else EMPTY_ROOT


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The hash of the node over these leaves."""
    edge = Edge()
    for leaf in leaves:
        edge.append(leaf)
    return edge.root


def places_of(span: Span) -> list[Place]:
    """The full nodes of which a node of the tree is made, from left to right."""
    start, end = span
    places = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        places.append(Place(level, start >> level))
        start += 1 << level
    return places


def folded(hashes: Sequence[bytes]) -> bytes:
    """One hash of the full nodes of a span, from left to right."""
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


def inclusion_path(index: int, size: int) -> list[Span]:
    """The nodes that prove a leaf in a tree of `size`, from the leaf's sibling to the root's child."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _left_size(end - start)
        if index < middle:
            path.append(Span(middle, end))
            end = middle
        else:
            path.append(Span(start, middle))
            start = middle
    return path[::-1]


def consistency_path(old_size: int, size: int) -> list[Span]:
    """The nodes that prove a tree of `old_size` to be the beginning of one of `size` (RFC 6962 § 2.1.2)."""
    if not 0 < old_size <= size:
        raise ValueError(f"a tree of {size} leaves has no beginning of {old_size}")
    start, end, path = 0, size, []
    is_whole = True  # the old tree is itself a node of this one, which the verifier knows already
    while old_size != end:
        middle = start + _left_size(end - start)
        if old_size <= middle:
            path.append(Span(middle, end))
            end = middle
        else:
            path.append(Span(start, middle))
            start, is_whole = middle, False
    if not is_whole:
        path.append(Span(start, end))
    return path[::-1]


def _left_size(size: int) -> int:
    """How many leaves the left child covers: the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
