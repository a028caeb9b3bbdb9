"""Trees of every small size: their full nodes, their proofs, and who else would accept what."""

from itertools import pairwise

import pytest

from services.audit.domain.tree import (
    EMPTY_ROOT,
    Edge,
    Place,
    Span,
    consistency_path,
    folded,
    inclusion_path,
    leaf_hash,
    node_hash,
    places_of,
)
from tools.audit.verifier import Tree, Wrong, check_consistency, check_inclusion

LARGEST = 70
LEAVES = [leaf_hash(f"entry {number}".encode()) for number in range(LARGEST)]


def root_of(leaves: list[bytes]) -> bytes:
    """As RFC 6962 § 2.1 defines it, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return node_hash(root_of(leaves[:left]), root_of(leaves[left:]))


def grown() -> tuple[dict[Place, bytes], list[bytes]]:
    """All full nodes, and the root at each size from 0 on."""
    edge, roots = Edge(), [EMPTY_ROOT]
    nodes: dict[Place, bytes] = {}
    for leaf in LEAVES:
        nodes.update(edge.append(leaf))
        roots.append(edge.root)
    return nodes, roots


NODES, ROOTS = grown()


def hashes_of(path: list[Span]) -> list[bytes]:
    return [folded([NODES[place] for place in places_of(span)]) for span in path]


def test_roots_are_those_of_the_definition() -> None:
    assert [root_of(LEAVES[:size]) for size in range(LARGEST + 1)] == ROOTS


def test_the_verifier_grows_the_same_tree() -> None:
    own = Tree()
    for leaf, root in zip(LEAVES, ROOTS[1:], strict=True):
        own.append(leaf)
        assert own.root == root


def test_full_nodes_are_kept_once_and_no_others() -> None:
    wanted = {
        Place(level, number) for level in range(LARGEST.bit_length()) for number in range(LARGEST >> level)
    }
    assert NODES.keys() == wanted


def test_every_leaf_is_proved_at_every_size_and_nowhere_else() -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            path = hashes_of(inclusion_path(index, size))
            check_inclusion(LEAVES[index], index, size, path, ROOTS[size])
            with pytest.raises(Wrong):
                check_inclusion(LEAVES[index], (index + 1) % (size + 1), size, path, ROOTS[size])


def test_every_tree_is_proved_to_go_on_from_every_smaller_one() -> None:
    for size in range(1, LARGEST + 1):
        for old in range(1, size + 1):
            path = hashes_of(consistency_path(old, size))
            check_consistency(old, ROOTS[old], size, ROOTS[size], path)
            with pytest.raises(Wrong):
                check_consistency(old, ROOTS[old - 1], size, ROOTS[size], path)


def test_what_no_tree_has_is_not_proved() -> None:
    for index, size in ((-1, 3), (3, 3), (0, 0)):
        with pytest.raises(ValueError, match="has no leaf"):
            inclusion_path(index, size)
    for old, size in ((0, 3), (4, 3)):
        with pytest.raises(ValueError, match="has no beginning"):
            consistency_path(old, size)


def test_a_span_is_made_of_neighbours() -> None:
    for start in range(0, LARGEST, 2):
        places = places_of(Span(0, start + 1))
        ends = [(place.number << place.level, place.number + 1 << place.level) for place in places]
        assert ends[0][0] == 0
        assert ends[-1][1] == start + 1
        assert all(left[1] == right[0] for left, right in pairwise(ends))
