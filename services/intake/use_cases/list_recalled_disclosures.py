"""All that one recall asks back, for both sides and officers of the hub: a list shows the first hundred."""

from collections.abc import Sequence
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.errors import NotFound
from kernel.restricted import may_see_restricted
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.recall import RecalledDisclosure
from services.intake.use_cases.hub_officer import own_agency_or_officer
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE, Place


async def list_recalled_disclosures(
    recall_id: UUID,
    page_size: int,
    after: Place | None,
    method: str,
    tx: Transaction,
    recalls: PostgresRecalls,
) -> tuple[Sequence[RecalledDisclosure], Place | None]:
    """One page, and where the next begins; the read is recorded before it is answered.

    Raises:
        NotFound: RECALL_NOT_FOUND: no such recall, or the caller is on neither side of it, or it is of a
            restricted service that the caller's role does not see.
        NotPermitted: NO_AGENCY: the caller acts for none, and is no officer of the hub.
    """
    await own_agency_or_officer(tx)
    caller, size = tx.caller, page_size or USUAL_PAGE_SIZE
    recall = await recalls.read(tx, recall_id)
    sees = recall is not None and (
        not recall.is_restricted
        or caller.agency_id in (None, recall.agency_id)
        or may_see_restricted(caller.roles)
    )
    if not sees:
        raise NotFound("There is no recall of this id that you may see.", reason="RECALL_NOT_FOUND")
    tx.record_access(AccessRecord("intake", method, [recall_id]))
    found = await recalls.disclosures(tx, recall_id, after, size + 1)
    shown = found[:size]
    is_last = len(found) <= size
    return shown, None if is_last else (shown[-1].disclosed_time, shown[-1].disclosure_id)
