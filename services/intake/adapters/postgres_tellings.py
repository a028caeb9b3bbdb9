"""Whether people may be told what authorities were given, in PostgreSQL: the last row of a request counts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from services.intake.domain.authority import NotToldReason
from services.intake.domain.telling import RecordedTelling, Telling

_ADD: Final = """
    insert into compelled_telling (compelled_telling_id, compelled_request_id, sequence, may_be_told,
        not_told_reason, review_time, sealed_words, decided_by_principal_id, acting_person, decided_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_LAST: Final = """
    select distinct on (compelled_request_id) * from compelled_telling
    where compelled_request_id = any($1::uuid[]) order by compelled_request_id, sequence desc
"""


class PostgresTellings:
    """Rows are only added, by whoever has locked the request."""

    async def add(self, tx: Transaction, compelled_request_id: UUID, recorded: RecordedTelling) -> None:
        """Keeps what the caller has decided."""
        await tx.connection.execute(
            _ADD,
            recorded.compelled_telling_id,
            compelled_request_id,
            recorded.sequence,
            recorded.telling.may_be_told,
            recorded.telling.not_told_reason,
            recorded.telling.review_time,
            recorded.sealed_words,
            tx.caller.principal_id,
            tx.caller.acting_person,
            recorded.decided_time,
        )

    async def last(
        self, tx: Transaction, compelled_request_ids: Iterable[UUID]
    ) -> dict[UUID, RecordedTelling]:
        """What counts for each of these requests; none where the authority was given nothing."""
        rows = await tx.connection.fetch(_LAST, list(compelled_request_ids))
        return {row["compelled_request_id"]: _recorded(row) for row in rows}


def _recorded(row: Any) -> RecordedTelling:
    reason: str | None = row["not_told_reason"]
    review_time: datetime | None = row["review_time"]
    return RecordedTelling(
        row["compelled_telling_id"],
        row["sequence"],
        Telling(row["may_be_told"], NotToldReason(reason) if reason else None, review_time),
        row["sealed_words"],
        row["decided_time"],
    )
