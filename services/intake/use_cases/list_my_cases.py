"""Lists the people whose cases the caller follows, with what has not ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import PrincipalId
from kernel.restricted import may_see_restricted
from services.intake.adapters.postgres_case_workers import cases_of, open_needs
from services.intake.domain.case_workers import Case, with_needs
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE, Place

MOST_NEEDS: Final = 200
"""Of how many referrals whoever reads a page can learn the states by one call."""


@dataclass(frozen=True, slots=True)
class CasesPage:
    """Cases, those taken over last first, and where the next page begins; None on the last page."""

    cases: Sequence[Case]
    next_before: Place | None


async def list_my_cases(
    page_size: int, before: Place | None, method: str, tx: Transaction, *, with_needs_only: bool = False
) -> CasesPage:
    """One page, by two statements. What somebody needs tells about them, so the read is recorded, with whom
    it showed, before it is answered.

    Raises:
        NotPermitted: NO_AGENCY.
    """
    own_agency(tx.caller)
    size = page_size or USUAL_PAGE_SIZE
    found = await cases_of(
        tx,
        PrincipalId(tx.caller.principal_id),
        before,
        size + 1,
        with_needs_only=with_needs_only,
        sees_restricted=may_see_restricted(tx.caller.roles),
    )
    needs = await open_needs(tx, found[:size], MOST_NEEDS + 1)
    shown = with_needs(found[:size], needs, MOST_NEEDS)
    tx.record_access(AccessRecord("intake", method, [one.beneficiary_id for one in shown]))
    last = shown[-1].followed if len(shown) < len(found) else None
    return CasesPage(shown, None if last is None else (last.set_time, last.beneficiary_id))
