"""Lists pairs of records that may be one person's, for somebody who decides whether they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from services.intake.adapters.likely_duplicates import LikelyDuplicate, LikelyDuplicates
from services.intake.adapters.postgres_search_tally import PostgresSearchTally
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.ration_search import count_shown, ration_search

USUAL_PAGE_SIZE: Final = 50
REASON: Final = "DUPLICATE_CHECK"


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """Pairs, and where the next page begins; None on the last page."""

    pairs: Sequence[LikelyDuplicate]
    next_before: tuple[datetime, UUID] | None


async def list_likely_duplicates(
    page_size: int,
    before: tuple[datetime, UUID] | None,
    method: str,
    tx: Transaction,
    duplicates: LikelyDuplicates,
    tally: PostgresSearchTally,
) -> DuplicatesPage:
    """One page, as a search: rationed, on record with its reason and finds, told of where it shows too many.

    Raises:
        SearchedTooOften: with the time after which to try again.
        Unavailable: NAMES_NOT_LOADED.
    """
    agency_id = own_agency(tx.caller)
    left = await ration_search(tx, tally)
    pairs, next_before = await duplicates.page(tx, agency_id, before, page_size or USUAL_PAGE_SIZE)
    people = list(dict.fromkeys(one.beneficiary_id for pair in pairs for one in (pair.later, pair.earlier)))
    await count_shown(tx, tally, left, people)
    tx.record_access(AccessRecord("intake", method, people, stated_reason=REASON))
    return DuplicatesPage(pairs, next_before)
