"""Which published group a person belongs to on waiting lists: a number that several causes share."""

from collections.abc import Set

from kernel.codes import LAST_PRIORITY_GROUP, PRIORITY_GROUPS


def priority_group(causes: Set[str]) -> int:
    """The first group of which somebody with these codes has a cause; the last where they have none.

    Args:
        causes: codes of SPECIFIC_NEEDS and CIRCUMSTANCES; those that no group names count for nothing.
    """
    return next(
        (int(number) for number, group in PRIORITY_GROUPS.items() if not causes.isdisjoint(group.causes)),
        LAST_PRIORITY_GROUP,
    )
