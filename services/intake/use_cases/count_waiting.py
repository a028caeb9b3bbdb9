"""Counts what waits for an officer or an agency: numbers alone, and so no access to anybody's data."""

from collections.abc import Mapping

from chassis.postgres import Transaction
from kernel.restricted import RESTRICTED_TYPES, may_see_restricted
from services.intake.adapters.postgres_waiting import PostgresWaiting
from services.intake.domain.waiting import LISTS_OF, SOON, Waiting, WaitingList
from services.intake.use_cases.hub_officer import own_agency_or_officer


async def count_waiting(tx: Transaction, waiting: PostgresWaiting) -> Mapping[WaitingList, Waiting]:
    """As many in each list that the caller may read as the list would show; nothing sealed is opened.

    Raises:
        NotPermitted: NO_AGENCY: the caller acts for none, and is no officer of the hub.
    """
    await own_agency_or_officer(tx)
    agency_id, now = tx.caller.agency_id, await tx.now()
    readable = {one for role, lists in LISTS_OF.items() if role in tx.caller.roles for one in lists}
    found: dict[WaitingList, Waiting] = {}
    if WaitingList.RECALLS_TO_ANSWER in readable and agency_id is not None:
        found[WaitingList.RECALLS_TO_ANSWER] = await waiting.to_answer(tx, now, SOON, agency_id)
    if readable - found.keys():
        sees_all = agency_id is None or may_see_restricted(tx.caller.roles)
        found |= await waiting.counts(tx, now, SOON, () if sees_all else RESTRICTED_TYPES)
    return {one: counted for one, counted in found.items() if one in readable}
