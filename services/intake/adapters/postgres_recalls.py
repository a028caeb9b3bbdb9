"""Recalls in PostgreSQL: opened by statements over all people concerned, answered one by one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, ReferralId
from services.intake.domain.recall import (
    Acknowledgement,
    OwedDisclosure,
    Recall,
    RecallCause,
    RecalledDisclosure,
)

MAX_LINES: Final = 100
"""Disclosures of one recall in a list: a holder may have asked ten thousand times."""

_OWED: Final = "select * from owed_disclosures($1::uuid[], $2, $3)"
_OPEN: Final = """
    insert into recall (recall_id, referral_id, beneficiary_id, owner_agency_id, agency_id, service_type,
        cause, consent_event_id, recalled_mask, opened_time, due_time)
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
        $8::uuid[], $9::bigint[], $10::timestamptz[], $11::timestamptz[])
"""
_OPEN_LINES: Final = """
    insert into recalled_disclosure (recall_id, disclosure_id, disclosed_time, recalled_mask, is_in_between)
    select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::boolean[])
"""
_OPEN_CORRECTED: Final = """
    insert into corrected_disclosure (recall_id, disclosure_id, disclosed_time, recalled_mask)
    select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[])
"""
_ANSWER: Final = """
    update recall set destroyed_mask = $2, kept_mask = $3, kept_ground = $4, sealed_words = $5,
        acknowledged_by_principal_id = $6, acting_person = $7, acknowledged_time = $8
    where recall_id = $1
"""
_SETTLE: Final = "select * from settle_permitted_again($1::uuid[], $2, $3, $4)"
# a recall that is being answered is passed over: it is looked at again
_TAKE_OVERDUE: Final = """
    update recall set overdue_told_time = clock_timestamp()
    where recall_id = any(array(
        select recall_id from recall
        where acknowledged_time is null and overdue_told_time is null and due_time <= clock_timestamp()
        order by due_time, recall_id limit $1 for no key update skip locked))
    returning *
"""
_LISTED: Final = """
    select * from recall
    where ($1::uuid is null or agency_id = $1) and ($2::uuid is null or owner_agency_id = $2)
      and ($3 or acknowledged_time is null) and ($4::timestamptz is null or due_time <= $4)
      and ($5::timestamptz is null or (due_time, recall_id) > ($5, $6))
      and service_type <> all($8::text[])
    order by due_time, recall_id limit $7
"""
_OF_RECALLS: Final = """
    select recall_id, disclosure_id, disclosed_time, recalled_mask, is_in_between
    from recalled_disclosure where recall_id = any($1::uuid[])
    union all
    select recall_id, disclosure_id, disclosed_time, recalled_mask, false
    from corrected_disclosure where recall_id = any($1::uuid[])
"""
_LINES: Final = f"""
    select * from (
        select *, count(*) over of_recall as total, row_number() over (
            partition by recall_id order by disclosed_time, disclosure_id) as place
        from ({_OF_RECALLS}) line
        window of_recall as (partition by recall_id)) line
    where place <= $2 order by recall_id, place
"""  # noqa: S608  statements of ours
_LINES_OF_ONE: Final = f"""
    select * from ({_OF_RECALLS}) line
    where $2::timestamptz is null or (disclosed_time, disclosure_id) > ($2, $3)
    order by disclosed_time, disclosure_id limit $4
"""  # noqa: S608  statements of ours


class PostgresRecalls:
    """Rows are only added; a recall gets its answer once. Whoever opens some has locked the people."""

    async def owed(
        self, tx: Transaction, beneficiary_ids: Iterable[BeneficiaryId], now: datetime, *, is_erased: bool
    ) -> list[OwedDisclosure]:
        """What was given of these people and is permitted no longer at `now`, as far as nobody asked for it.

        For people of the caller's agency; for the hub itself, of everybody.
        """
        rows = await tx.connection.fetch(_OWED, list(beneficiary_ids), now, is_erased)
        return [OwedDisclosure(**row) for row in rows]

    async def open(self, tx: Transaction, recalls: Sequence[Recall]) -> None:
        """From now on they wait for an answer."""
        await tx.connection.execute(
            _OPEN,
            *_columns(
                (
                    one.recall_id,
                    one.referral_id,
                    one.beneficiary_id,
                    one.owner_agency_id,
                    one.agency_id,
                    one.service_type,
                    one.cause,
                    one.consent_event_id,
                    one.recalled_mask,
                    one.opened_time,
                    one.due_time,
                )
                for one in recalls
            ),
        )
        lines = [(one, (one.recall_id, *astuple(line))) for one in recalls for line in one.disclosures]
        if ended := [line for one, line in lines if one.cause is not RecallCause.CORRECTED]:
            await tx.connection.execute(_OPEN_LINES, *_columns(ended))
        if corrected := [line[:4] for one, line in lines if one.cause is RecallCause.CORRECTED]:
            await tx.connection.execute(_OPEN_CORRECTED, *_columns(corrected))

    async def settle_permitted_again(
        self, tx: Transaction, beneficiary_ids: Iterable[BeneficiaryId], now: datetime
    ) -> list[Recall]:
        """Answers for their holders what denials of these people had asked back and is permitted again."""
        caller = tx.caller
        rows = await tx.connection.fetch(
            _SETTLE, list(beneficiary_ids), now, caller.principal_id, caller.acting_person
        )
        return [recall_from(row) for row in rows]

    async def lock(self, tx: Transaction, recall_id: UUID) -> Recall | None:
        """The recall, locked for its answer; None where it is not the caller's agency that must answer."""
        row = await tx.connection.fetchrow(
            "select * from recall where recall_id = $1 for no key update", recall_id
        )
        return None if row is None else recall_from(row)

    async def answer(
        self, tx: Transaction, recall_id: UUID, answer: Acknowledgement, sealed: bytes | None, now: datetime
    ) -> None:
        """Writes what the caller says became of it."""
        await tx.connection.execute(
            _ANSWER,
            recall_id,
            answer.destroyed_mask,
            answer.kept_mask,
            answer.kept_ground,
            sealed,
            tx.caller.principal_id,
            tx.caller.acting_person,
            now,
        )

    async def read(self, tx: Transaction, recall_id: UUID) -> Recall | None:
        """The recall; None where the caller is on neither side of it, and no officer of the hub."""
        row = await tx.connection.fetchrow("select * from recall where recall_id = $1", recall_id)
        return None if row is None else recall_from(row)

    async def disclosures(
        self, tx: Transaction, recall_id: UUID, after: tuple[datetime, UUID] | None, size: int
    ) -> list[RecalledDisclosure]:
        """Up to `size` of what one recall asks back, the earliest first."""
        rows = await tx.connection.fetch(_LINES_OF_ONE, [recall_id], *(after or (None, None)), size)
        return [_line_from(row) for row in rows]

    async def take_overdue(self, tx: Transaction, limit: int) -> list[Recall]:
        """Up to `limit` recalls that nobody has answered in time, each once and for ever."""
        rows = await tx.connection.fetch(_TAKE_OVERDUE, limit)
        return [recall_from(row) for row in rows]

    async def listed(
        self,
        tx: Transaction,
        *,
        holder_id: AgencyId | None,
        owner_id: AgencyId | None,
        with_acknowledged: bool,
        overdue_at: datetime | None,
        after: tuple[datetime, UUID] | None,
        without: Collection[str],
        size: int,
    ) -> list[Recall]:
        """Up to `size` recalls with their first disclosures, the earliest due first; the caller's own only.

        Args:
            without: service types of which nothing is shown.
        """
        due_time, recall_id = after or (None, None)
        rows = await tx.connection.fetch(
            _LISTED,
            holder_id,
            owner_id,
            with_acknowledged,
            overdue_at,
            due_time,
            recall_id,
            size,
            list(without),
        )
        lines: dict[UUID, list[RecalledDisclosure]] = {row["recall_id"]: [] for row in rows}
        totals: dict[UUID, int] = {}
        for line in await tx.connection.fetch(_LINES, list(lines), MAX_LINES) if rows else ():
            totals[line["recall_id"]] = line["total"]
            lines[line["recall_id"]].append(_line_from(line))
        return [
            replace(
                recall_from(row, lines[row["recall_id"]]), disclosure_count=totals.get(row["recall_id"], 0)
            )
            for row in rows
        ]


def _line_from(row: Any) -> RecalledDisclosure:
    return RecalledDisclosure(
        DisclosureId(row["disclosure_id"]), row["disclosed_time"], row["recalled_mask"], row["is_in_between"]
    )


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def recall_from(row: Any, disclosures: Iterable[RecalledDisclosure] = ()) -> Recall:
    """A row of recall."""
    is_answered = row["acknowledged_time"] is not None
    return Recall(
        recall_id=row["recall_id"],
        referral_id=ReferralId(row["referral_id"]),
        beneficiary_id=BeneficiaryId(row["beneficiary_id"]),
        owner_agency_id=AgencyId(row["owner_agency_id"]),
        agency_id=AgencyId(row["agency_id"]),
        service_type=row["service_type"],
        cause=RecallCause(row["cause"]),
        consent_event_id=row["consent_event_id"],
        recalled_mask=row["recalled_mask"],
        opened_time=row["opened_time"],
        due_time=row["due_time"],
        disclosures=tuple(disclosures),
        acknowledgement=Acknowledgement(row["destroyed_mask"], row["kept_mask"], row["kept_ground"])
        if is_answered
        else None,
        acknowledged_time=row["acknowledged_time"],
        sealed_words=row["sealed_words"],
        overdue_told_time=row["overdue_told_time"],
    )
