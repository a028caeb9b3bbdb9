"""Searches are rationed by worker, and whoever is shown very many people is told of."""

from collections.abc import Sequence

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_search_tally import PostgresSearchTally
from services.intake.adapters.search_alarm import many_people_searched
from services.intake.domain.search_allowance import SearchTally


async def ration_search(tx: Transaction, tally: PostgresSearchTally) -> SearchTally:
    """Locks what the worker has left until the transaction ends, and takes one search off it.

    Raises:
        SearchedTooOften: with the time after which to try again.
    """
    before = await tally.lock(tx)
    return before.after_one(tally.limits, await tx.now())


async def check_searches_left(tx: Transaction, tally: PostgresSearchTally) -> None:
    """Before somebody is registered, or changed: that tells, too, whether somebody has a number or paper.

    Raises:
        SearchedTooOften: with the time after which to try again.
    """
    now = await tx.now()
    (await tally.read(tx, now)).after_one(tally.limits, now)


async def count_duplicate(tx: Transaction, tally: PostgresSearchTally, candidate_id: BeneficiaryId) -> None:
    """Takes one search off what the worker has left, and counts whom the refusal told them of."""
    await count_shown(tx, tally, await ration_search(tx, tally), [candidate_id])


async def count_shown(
    tx: Transaction, tally: PostgresSearchTally, left: SearchTally, people: Sequence[BeneficiaryId]
) -> None:
    """Notes whom the search shows. Where that makes too many people within the hour, it is told; the worker
    is not kept from working.
    """
    now = await tx.now()
    shown = await tally.shown(tx, people, now)
    if left.is_alarming(shown, tally.limits, now):
        left = left.alarmed(now)
        tx.publish(many_people_searched(shown, tx.caller, now))
    await tally.keep(tx, left)
