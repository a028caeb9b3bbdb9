"""Follows a referral, or a person, through the ledger: what names it, and what belongs to that."""

import json
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound
from services.audit.adapters.postgres_entries import FoundEntry, PostgresEntries, Wanted
from services.audit.domain.trace import Follow

MOST: Final = 5_000
"""Of needs of one person, or disclosures for one referral, to follow from there."""


class HistoryNotFound(NotFound):
    """The ledger has no entry that names it."""

    reason = "HISTORY_NOT_FOUND"


async def trace(
    subject_id: UUID,
    follow: Follow,
    after_index: int | None,
    limit: int,
    tx: Transaction,
    entries: PostgresEntries,
) -> list[FoundEntry]:
    """A page of the history, in the ledger's order.

    Raises:
        HistoryNotFound: no entry names it.
    """
    belonging: set[UUID] = set()
    for kind in follow.kinds:
        naming = await entries.page(tx, Wanted(subject_id=subject_id, kind=kind), MOST)
        belonging.update(one for entry in naming for one in follow.named(json.loads(entry.body)))
    found = await entries.history(tx, subject_id, sorted(belonging), follow.only, after_index, limit)
    if not found and after_index is None:
        raise HistoryNotFound(f"No entry of the ledger names {subject_id}; check the id.")
    return found
