"""The timer's door: takes due rows and hands each kind to its use case."""

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from datetime import timedelta
from typing import Final

import structlog

from chassis.caller import Caller
from chassis.failures import is_passing
from chassis.postgres import Database, Transaction
from kernel.ids import NeedId, ReferralId
from services.referral.adapters.intake_client import IntakeClient
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.profile_format import NeedAnswer
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import ResponsePolicy
from services.referral.use_cases.close_service import (
    close_services_due,
    close_units_due,
    end_agreements_due,
)
from services.referral.use_cases.end_person_clocks import end_person_clocks
from services.referral.use_cases.find_provider import seek_due, sought_by
from services.referral.use_cases.follow_offer_clocks import follow_offer_clocks
from services.referral.use_cases.promote_waiting import promote_due, turns_of
from services.referral.use_cases.rematch_waiting import rematch_due, rematched_by

ROWS_AT_ONCE: Final = 100
LOOK_AGAIN_AFTER: Final = timedelta(milliseconds=50)
WITHOUT_INTAKE: Final = timedelta(seconds=1)
FIRST_DELAY_AFTER_A_FAULT: Final = timedelta(seconds=2)
MOST_DOUBLINGS: Final = 8

log = structlog.get_logger(__name__)

Answers = Mapping[NeedId, NeedAnswer]
Work = Callable[[Transaction, Stores, Sequence[Deadline], ResponsePolicy, Answers], Awaitable[list[Deadline]]]
"""Works rows of one kind off; answers those that must be looked at again in a moment."""


def _alone(work: Callable[[Transaction, Stores, Sequence[Deadline]], Awaitable[list[Deadline]]]) -> Work:
    """Work that needs neither policy nor intake's answers."""

    async def work_off(
        tx: Transaction, stores: Stores, rows: Sequence[Deadline], _: ResponsePolicy, __: Answers
    ) -> list[Deadline]:
        return await work(tx, stores, rows)

    return work_off


async def _follow_clocks(
    tx: Transaction, stores: Stores, rows: Sequence[Deadline], policy: ResponsePolicy, _: Answers
) -> list[Deadline]:
    return await follow_offer_clocks(tx, stores, rows, policy)


WORK: Final[dict[DeadlineKind, Work]] = {
    DeadlineKind.SERVICE_CLOSED: _alone(close_services_due),
    DeadlineKind.AGREEMENT_ENDS: _alone(end_agreements_due),
    DeadlineKind.UNIT_CLOSED: _alone(close_units_due),
    DeadlineKind.OFFER: _follow_clocks,
    DeadlineKind.PERSON_CLOCK: _alone(end_person_clocks),
    DeadlineKind.FIND_PROVIDER: seek_due,
    DeadlineKind.REMATCH: rematch_due,
    DeadlineKind.PLACE_FREED: promote_due,
    DeadlineKind.LOOK_AGAIN: promote_due,
}


async def _might_be_offered(tx: Transaction, stores: Stores, rows: Sequence[Deadline]) -> Set[ReferralId]:
    """Whom these rows, all of one kind, might bring an offer."""
    match rows[0].kind if rows else None:
        case DeadlineKind.FIND_PROVIDER:
            return sought_by(rows)
        case DeadlineKind.REMATCH:
            return (await rematched_by(tx, stores, rows))[0]
        case DeadlineKind.PLACE_FREED | DeadlineKind.LOOK_AGAIN:
            return (await turns_of(tx, stores, rows)).of_referrals().keys()
        case _:
            return frozenset()


class DueWork:
    """What the timer loop calls again and again: `prepare`, then `take`.

    Consent and agreements end by time alone, without an event, so intake is asked anew about everybody who
    might get an offer. While it is away, whoever seeks a provider waits; every other clock runs on.
    """

    def __init__(self, stores: Stores, database: Database, intake: IntakeClient) -> None:
        self._stores = stores
        self._database = database
        self._intake = intake
        self._caller = Caller.of_service("referral")
        self._answers: Answers = {}
        self._pause = LOOK_AGAIN_AFTER

    async def prepare(self) -> None:
        """Asks intake, outside any transaction, about whom `take` might offer to somebody."""
        self._answers, self._pause = {}, LOOK_AGAIN_AFTER
        async with self._database.transaction(self._caller) as tx:
            rows = await self._stores.deadlines.next_due(tx, ROWS_AT_ONCE)
            wanted = await _might_be_offered(tx, self._stores, rows)
            needs = await self._stores.referrals.needs_of(tx, wanted) if wanted else []
        if not needs:
            return
        try:
            self._answers = await self._intake.get_profiles(needs)
        except Exception as error:
            log.warning("intake_not_asked", error=type(error).__name__)
            self._pause = WITHOUT_INTAKE

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
                again = await work(tx, self._stores, rows, policy, self._answers)
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
            await self._stores.deadlines.put_back(tx, row, self._pause, row.tries)

    async def _put_off(self, tx: Transaction, row: Deadline, error: Exception) -> None:
        delay = FIRST_DELAY_AFTER_A_FAULT * 2 ** min(row.tries, MOST_DOUBLINGS)
        log.error("timer_row_failed", source=row.kind.value, error=type(error).__name__, tries=row.tries + 1)
        await self._stores.deadlines.put_back(tx, row, delay, row.tries + 1)
