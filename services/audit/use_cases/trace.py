"""Follows a referral, or a person, through the ledger: what names it, and what that names in turn."""

import json
from collections.abc import Collection
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound
from services.audit.adapters.postgres_entries import FoundEntry, PostgresEntries, Wanted
from services.audit.domain.trace import named

MOST: Final = 5_000
"""Of entries that name one referral or person, to follow from there."""


class HistoryNotFound(NotFound):
    """The ledger has no entry that names it."""

    reason = "HISTORY_NOT_FOUND"


async def trace(
    subject_id: UUID,
    follow: Collection[str],
    after_index: int | None,
    limit: int,
    tx: Transaction,
    entries: PostgresEntries,
) -> list[FoundEntry]:
    """A page of the history, in the ledger's order.

    Args:
        follow: under which names an entry gives what has a history that belongs to this one.

    Raises:
        HistoryNotFound: no entry names it.
    """
    naming = await entries.page(tx, Wanted(subject_ids=[subject_id]), MOST)
    if not naming:
        raise HistoryNotFound(f"No entry of the ledger names {subject_id}; check the id.")
    found = {subject_id} | {UUID(one) for entry in naming for one in named(json.loads(entry.body), follow)}
    return await entries.page(tx, Wanted(subject_ids=sorted(found), after_index=after_index), limit)
