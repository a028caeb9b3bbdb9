"""The timer's door: takes due rows and hands each kind to its use case."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from chassis.failures import is_passing
from chassis.postgres import Transaction
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import ResponsePolicy
from services.referral.use_cases.close_service import close_services_due, end_agreements_due
from services.referral.use_cases.end_person_clocks import end_person_clocks
from services.referral.use_cases.find_provider import seek_due
from services.referral.use_cases.follow_offer_clocks import follow_offer_clocks
from services.referral.use_cases.promote_waiting import promote_due
from services.referral.use_cases.rematch_waiting import rematch_due

ROWS_AT_ONCE: Final = 100
LOOK_AGAIN_AFTER: Final = timedelta(milliseconds=50)
FIRST_DELAY_AFTER_A_FAULT: Final = timedelta(seconds=2)
MOST_DOUBLINGS: Final = 8

log = structlog.get_logger(__name__)

Work = Callable[[Transaction, Stores, Sequence[Deadline], ResponsePolicy], Awaitable[list[Deadline]]]
"""Works rows of one kind off; answers those that must be looked at again in a moment."""


def _without_policy(
    work: Callable[[Transaction, Stores, Sequence[Deadline]], Awaitable[list[Deadline]]],
) -> Work:
    async def with_policy(
        tx: Transaction, stores: Stores, rows: Sequence[Deadline], _: ResponsePolicy
    ) -> list[Deadline]:
        return await work(tx, stores, rows)

    return with_policy


WORK: Final[dict[DeadlineKind, Work]] = {
    DeadlineKind.SERVICE_CLOSED: _without_policy(close_services_due),
    DeadlineKind.AGREEMENT_ENDS: _without_policy(end_agreements_due),
    DeadlineKind.OFFER: follow_offer_clocks,
    DeadlineKind.PERSON_CLOCK: _without_policy(end_person_clocks),
    DeadlineKind.FIND_PROVIDER: seek_due,
    DeadlineKind.REMATCH: rematch_due,
    DeadlineKind.PLACE_FREED: promote_due,
    DeadlineKind.LOOK_AGAIN: promote_due,
}


class DueWork:
    """What the timer loop calls again and again."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def take(self, tx: Transaction) -> int:
        """Works off at most 100 due rows of one kind in one transaction; answers how many.

        A row that cannot be worked off is put back with a growing delay, so that it never holds up others.
        """
        rows = await self._stores.deadlines.take_due(tx, ROWS_AT_ONCE)
        if not rows:
            return 0
        policy = await self._stores.policies.in_force(tx, await tx.now())
        await self._work_off(tx, WORK[rows[0].kind], rows, policy)
        return len(rows)

    async def _work_off(
        self, tx: Transaction, work: Work, rows: list[Deadline], policy: ResponsePolicy
    ) -> None:
        """All rows together; one by one where that fails, to find the one that cannot be done."""
        try:
            async with tx.savepoint():
                again = await work(tx, self._stores, rows, policy)
        except Exception as error:
            if is_passing(error):
                raise
            if len(rows) > 1:
                for row in rows:
                    await self._work_off(tx, work, [row], policy)
                return
            await self._put_off(tx, rows[0], error)
            return
        for row in again:
            await self._stores.deadlines.put_back(tx, row, LOOK_AGAIN_AFTER, row.tries)

    async def _put_off(self, tx: Transaction, row: Deadline, error: Exception) -> None:
        delay = FIRST_DELAY_AFTER_A_FAULT * 2 ** min(row.tries, MOST_DOUBLINGS)
        log.error("timer_row_failed", source=row.kind.value, error=type(error).__name__, tries=row.tries + 1)
        await self._stores.deadlines.put_back(tx, row, delay, row.tries + 1)
