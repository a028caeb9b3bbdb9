"""What fairness is counted of, and the reports that were made, in PostgreSQL."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from services.intake.domain.fairness import Dimension, Group, PaceClass

_LAST: Final = "select number, until_time from fairness_report order by number desc limit 1"
_EARLIER: Final = "select * from fairness_report where made_by_principal_id = $1 and request_id = $2"
_LISTED: Final = "select * from fairness_report order by number desc limit $1"
# a few reports a year: one look through all needs costs less than an index that every new need would pay for
_PERIOD: Final = """
    select need_id from need where ($1::timestamptz is null or recorded_time >= $1) and recorded_time < $2
"""
_NEEDS: Final = """
    select referral_id, beneficiary_id, service_type, urgency, recorded_time from need where need_id = any($1)
"""
_ADD: Final = """
    insert into fairness_report (number, request_id, from_time, until_time, needs, content,
        made_by_principal_id, made_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning true
"""


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """A report as it was made and stays; `from_time` is None of the first."""

    number: int
    from_time: datetime | None
    until_time: datetime
    needs: int
    made_time: datetime
    tables: Mapping[Dimension, Sequence[Group]]


@dataclass(frozen=True, slots=True)
class NeedToCount:
    """A need, as far as it is counted."""

    referral_id: UUID
    beneficiary_id: UUID
    service_type: str
    urgency: str
    recorded_time: datetime


class PostgresFairness:
    """The table `fairness_report`, and needs of whole periods; the caller reaches everything."""

    async def last(self, tx: Transaction) -> tuple[int, datetime | None]:
        """The number of the last report, and until when it goes; 0 and None before the first."""
        row = await tx.connection.fetchrow(_LAST)
        return (row["number"], row["until_time"]) if row else (0, None)

    async def earlier(self, tx: Transaction, request_id: UUID) -> FairnessReport | None:
        """What the caller's same request has made."""
        row = await tx.connection.fetchrow(_EARLIER, tx.caller.principal_id, request_id)
        return _report(row) if row else None

    async def listed(self, tx: Transaction, size: int) -> list[FairnessReport]:
        """The newest first."""
        return [_report(row) for row in await tx.connection.fetch(_LISTED, size)]

    async def period(self, tx: Transaction, from_time: datetime | None, until_time: datetime) -> list[UUID]:
        """The needs that were recorded then."""
        return [row["need_id"] for row in await tx.connection.fetch(_PERIOD, from_time, until_time)]

    async def needs(self, tx: Transaction, need_ids: Sequence[UUID]) -> list[NeedToCount]:
        """Some of them."""
        return [NeedToCount(**row) for row in await tx.connection.fetch(_NEEDS, list(need_ids))]

    async def add(self, tx: Transaction, request_id: UUID, report: FairnessReport) -> bool:
        """Keeps it; False where somebody made one meanwhile."""
        content = {
            dimension: [asdict(group) for group in groups] for dimension, groups in report.tables.items()
        }
        added = await tx.connection.fetchval(
            _ADD,
            report.number,
            request_id,
            report.from_time,
            report.until_time,
            report.needs,
            json.dumps(content),
            tx.caller.principal_id,
            report.made_time,
        )
        return added is not None


def _report(row: Any) -> FairnessReport:
    content = json.loads(row["content"])
    return FairnessReport(
        row["number"],
        row["from_time"],
        row["until_time"],
        row["needs"],
        row["made_time"],
        {one: [_group(group) for group in content[one]] for one in Dimension if one in content},
    )


def _group(kept: dict[str, Any]) -> Group:
    times = {name: PaceClass(kept[name]) for name in kept if name.startswith("time_") and kept[name]}
    return Group(**kept | times)
