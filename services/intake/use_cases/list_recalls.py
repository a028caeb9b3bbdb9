"""What is asked back from agencies, and what they have answered: for both sides, and officers of the hub."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.postgres import Transaction
from kernel.restricted import RESTRICTED_TYPES, may_see_restricted
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.vault import Vault
from services.intake.domain.recall import Recall
from services.intake.use_cases.hub_officer import own_agency_or_officer
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE, Place, page_with_words


class RecallView(StrEnum):
    """Whose recalls: those that the caller's agency must answer, or those of its own people."""

    HELD = "HELD"
    SENT = "SENT"


class RecallFilter(StrEnum):
    """Which of them."""

    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class RecallsPage:
    """Recalls with what was said in words, the earliest due first, and where the next page begins.

    Words are for the side that registered the person; they are empty otherwise, where nothing was said, and
    where the person was erased. `now` is by the database's clock.
    """

    recalls: Sequence[tuple[Recall, str]]
    next_after: Place | None
    now: datetime


async def list_recalls(
    view: RecallView,
    only: RecallFilter,
    page_size: int,
    after: Place | None,
    method: str,
    tx: Transaction,
    recalls: PostgresRecalls,
    vault: Vault,
) -> RecallsPage:
    """One page; the read is recorded before it is answered.

    That somebody was with a restricted service is shown to whom search shows such people, and to officers of
    the hub.

    Raises:
        NotPermitted: NO_AGENCY: the caller acts for none, and is no officer of the hub or asks for HELD.
    """
    is_held = view is RecallView.HELD
    holder_id = own_agency(tx.caller) if is_held else None
    if not is_held:
        await own_agency_or_officer(tx)
    sees_all = tx.caller.agency_id is None or may_see_restricted(tx.caller.roles)
    now, size = await tx.now(), page_size or USUAL_PAGE_SIZE
    found = await recalls.listed(
        tx,
        holder_id=holder_id,
        owner_id=None if is_held or tx.caller.agency_id is None else own_agency(tx.caller),
        with_acknowledged=only is RecallFilter.ALL,
        overdue_at=now if only is RecallFilter.OVERDUE else None,
        after=after,
        without=() if is_held or sees_all else RESTRICTED_TYPES,
        size=size + 1,
    )
    shown, next_after = await page_with_words(
        found,
        size,
        method,
        tx,
        vault,
        place=lambda one: (one.due_time, one.recall_id),
        sealed=lambda one: (one.beneficiary_id, one.referral_id, None if is_held else one.sealed_words),
    )
    return RecallsPage(shown, next_after, now)
