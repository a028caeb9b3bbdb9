"""What reports are made of, in PostgreSQL: numbers by group, and for one role the cases behind one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import Urgency
from kernel.ids import ReferralId
from services.referral.adapters.postgres_referral_pages import PageEnd
from services.referral.domain.report import Dimension, PaceCount, Period, Scope, WaitCount
from services.referral.domain.transitions import ReferralState

# ends with the transaction, as app.agency does
_REACH: Final = "select set_config('app.reports', 'true', true)"
_DEMAND: Final = "select * from report_demand($1, $2, $3, $4)"
_CAPACITY: Final = "select * from report_capacity($1, $2)"
_PACE: Final = "select * from report_pace($1, $2, $3, $4)"
_WAITING: Final = "select * from report_waiting($1, $2)"
_GAPS: Final = "select * from report_gaps($1, $2, $3, $4)"
_OVERDUE: Final = "select * from report_overdue($1, $2)"
_CASES: Final = "select * from overdue_referrals($1, $2, $3, $4)"

_BEFORE_ALL: Final = PageEnd(0, datetime(1, 1, 1, tzinfo=UTC), ReferralId(UUID(int=0)))

_T = TypeVar("_T")
Counts = Mapping[Dimension, Mapping[str, _T]]
"""By dimension and code, the codes in their order; dimensions without any are left out."""


@dataclass(frozen=True, slots=True)
class CapacityCount:
    """What there is for a group."""

    services: int = 0
    unlimited_services: int = 0
    places: int = 0
    free_places: int = 0


@dataclass(frozen=True, slots=True)
class OverdueCase:
    """A referral whose person's clock has run out."""

    referral_id: ReferralId
    service_type: str
    urgency: Urgency
    state: ReferralState
    sender_agency_id: UUID
    recorded_time: datetime
    person_due_time: datetime
    offers_made: int


class PostgresReports:
    """Only reads; everything but `reach` asks functions that answer whoever has called that before."""

    async def reach(self, tx: Transaction) -> None:
        """From here on the transaction may sum up everybody's referrals.

        Call it only once it is decided of what the caller may be told.
        """
        await tx.connection.execute(_REACH)

    async def demand(self, tx: Transaction, scope: Scope, period: Period) -> Counts[int]:
        """Needs that were recorded, by SECTOR, DISTRICT, LANGUAGE."""
        days = period.from_day, period.until_day
        return _counts(await _fetch(tx, _DEMAND, scope, *days), lambda row: int(row["needs"]))

    async def capacity(self, tx: Transaction, scope: Scope) -> Counts[CapacityCount]:
        """What there is now, by the same."""
        return _counts(await _fetch(tx, _CAPACITY, scope), lambda row: CapacityCount(**_figures(row)))

    async def pace(self, tx: Transaction, scope: Scope, period: Period) -> Counts[PaceCount]:
        """Offers and their answers, by SECTOR, URGENCY, AGENCY."""
        times = period.from_time, period.until_time
        return _counts(await _fetch(tx, _PACE, scope, *times), lambda row: PaceCount(**_figures(row)))

    async def waiting(self, tx: Transaction, scope: Scope) -> Counts[WaitCount]:
        """Who waits now, by the same."""
        return _counts(await _fetch(tx, _WAITING, scope), lambda row: WaitCount(**_figures(row)))

    async def gaps(self, tx: Transaction, scope: Scope, period: Period) -> Counts[int]:
        """Referrals for which nothing fitted, by SECTOR, URGENCY, REASON."""
        times = period.from_time, period.until_time
        return _counts(await _fetch(tx, _GAPS, scope, *times), lambda row: int(row["referrals"]))

    async def overdue(self, tx: Transaction, scope: Scope) -> Counts[int]:
        """Referrals whose person's clock has run out, by SECTOR, URGENCY, STATE."""
        return _counts(await _fetch(tx, _OVERDUE, scope), lambda row: int(row["referrals"]))

    async def overdue_cases(
        self, tx: Transaction, scope: Scope, after: PageEnd | None, limit: int
    ) -> list[OverdueCase]:
        """These, the longest overdue first, behind a page's end (its time is when one was due)."""
        end = after or _BEFORE_ALL
        rows = await tx.connection.fetch(
            _CASES, list(scope.sector_of), end.order_time, end.referral_id, limit
        )
        return [_case(row) for row in rows]


async def _fetch(tx: Transaction, statement: str, scope: Scope, *arguments: object) -> list[Any]:
    types, sectors = list(scope.sector_of), list(scope.sector_of.values())
    return list(await tx.connection.fetch(statement, types, sectors, *arguments))


def _counts(rows: list[Any], count: Callable[[Any], _T]) -> Counts[_T]:
    found: dict[Dimension, dict[str, _T]] = {}
    for row in sorted(rows, key=lambda row: str(row["code"])):
        found.setdefault(Dimension(row["dimension"]), {})[row["code"]] = count(row)
    return found


def _figures(row: Any) -> dict[str, Any]:
    return {
        name: int(value) if name not in _LENGTHS else value
        for name, value in row.items()
        if name not in ("dimension", "code")
    }


_LENGTHS: Final = frozenset({"half_within_seconds", "nine_of_ten_within_seconds", "half_for_seconds"})


def _case(row: Any) -> OverdueCase:
    return OverdueCase(
        **dict(row)
        | {
            "referral_id": ReferralId(row["referral_id"]),
            "urgency": Urgency(row["urgency"]),
            "state": ReferralState(row["state"]),
        }
    )
