"""Counts what waits for an officer: numbers alone, and so no record of access to anybody's data."""

from collections.abc import Mapping

from chassis.postgres import Transaction
from kernel.restricted import RESTRICTED_TYPES, may_see_restricted
from services.intake.adapters.postgres_waiting import PostgresWaiting
from services.intake.domain.waiting import SOON, Waiting, WaitingList
from services.intake.use_cases.hub_officer import own_agency_or_officer


async def count_waiting(tx: Transaction, waiting: PostgresWaiting) -> Mapping[WaitingList, Waiting]:
    """As many in each list as the list would show to the caller; nothing sealed is opened.

    Raises:
        NotPermitted: NO_AGENCY: the caller acts for none, and is no officer of the hub.
    """
    await own_agency_or_officer(tx)
    sees_all = tx.caller.agency_id is None or may_see_restricted(tx.caller.roles)
    return await waiting.counts(tx, await tx.now(), SOON, () if sees_all else RESTRICTED_TYPES)
