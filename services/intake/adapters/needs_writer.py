"""Many needs, one commit: concurrent RecordNeed calls share a transaction that one task keeps writing.

Measured: 1,416 calls/s so, against 955 with one statement for each call and 692 with two.
"""

import asyncio
import contextvars
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg

from chassis.caller import Caller
from chassis.failures import is_passing
from chassis.postgres import Database, Transaction
from chassis.requests import request_digest
from kem.intake.v1 import intake_service_pb2, need_pb2
from kernel.errors import Conflict, Exhausted, KemError, Unavailable
from kernel.ids import NeedId, ReferralId
from services.intake.adapters.event_codec import encode
from services.intake.adapters.postgres_needs import (
    INSERT_COLUMNS,
    ROW_ARRAYS,
    SELECTED_VALUES,
    NeedRow,
    row_arguments,
)
from services.intake.domain.events import NeedRecorded
from services.intake.domain.need import RecordedNeed, check_recordable

MAX_ROWS: Final = 100
MAX_WAITING: Final = 1_000
"""More calls than this in line would wait for longer than anybody wants to."""
DEADLINE_SECONDS: Final = 4.0
LOCK_WAIT_MILLISECONDS: Final = 500
"""How long everybody waits for one person's record; then each waits for itself, half as long."""

_LOOK: Final = """
    with asked as (
        select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) with ordinality
            as a (principal_id, request_id, beneficiary_id, continues_referral_id, number)
    ), person as materialized (
        select b.beneficiary_id, b.registered_by_agency_id, b.erased_time is not null as is_erased
        from beneficiary b where b.beneficiary_id = any($3::uuid[]) order by b.beneficiary_id for share
    )
    select r.method, r.hash, r.response, p.registered_by_agency_id, p.is_erased,
           m.kept_beneficiary_id as merged_into,
           coalesce(k.kept_beneficiary_id, c.beneficiary_id) as continues_beneficiary_id,
           clock_timestamp() as now
    from asked a
    left join request r using (principal_id, request_id)
    left join person p using (beneficiary_id)
    left join need c on c.referral_id = a.continues_referral_id
    left join beneficiary_merge m on m.merged_beneficiary_id = a.beneficiary_id and m.unmerged_time is null
    left join beneficiary_merge k on k.merged_beneficiary_id = c.beneficiary_id and k.unmerged_time is null
    order by a.number
"""
_WRITE: Final = f"""
    with moment as materialized (select clock_timestamp() as now),
    asked as (
        select a.*, r.request_id, r.method, r.hash, r.response
        from unnest($13::uuid[], $14::text[], $15::bytea[], $16::bytea[]) with ordinality
            as r (request_id, method, hash, response, number)
        join (select row_number() over () as number, a.* from {ROW_ARRAYS}) as a using (number)
        where not exists (
            select from beneficiary_merge m
            where m.merged_beneficiary_id = a.beneficiary_id and m.unmerged_time is null)
    ), claimed as (
        insert into request (principal_id, request_id, method, hash, response)
        select principal_id, request_id, method, hash, response from asked
        on conflict do nothing
        returning principal_id, request_id
    )
    insert into need ({INSERT_COLUMNS})
    select {SELECTED_VALUES} from asked a join claimed using (principal_id, request_id) cross join moment
    returning need_id, happened_time, recorded_time
"""  # noqa: S608  constants


@dataclass(eq=False, slots=True)
class _Waiting:
    """A call in line: what it asks, the context in which it was made, and where its answer goes."""

    row: NeedRow
    caller: Caller
    request_id: UUID
    method: str
    digest: bytes
    answer: asyncio.Future[RecordedNeed]
    context: contextvars.Context = field(default_factory=contextvars.copy_context)

    @property
    def key(self) -> tuple[UUID, UUID]:
        return self.caller.principal_id, self.request_id


class NeedsWriter:
    """Takes single needs in line and writes up to 100 at once; `run` is the one task that writes.

    The same request_id of the same caller has one effect and one answer, as by `chassis.requests.once`.
    """

    def __init__(self, database: Database, *, max_waiting: int = MAX_WAITING) -> None:
        self._database = database
        self._caller = Caller.of_service(database.schema)
        self._line: asyncio.Queue[_Waiting] = asyncio.Queue(max_waiting)
        self._put_off: list[_Waiting] = []

    async def record(
        self,
        row: NeedRow,
        *,
        caller: Caller,
        request_id: UUID,
        method: str,
        request_bytes: bytes,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> RecordedNeed:
        """The ids under which the need was committed: the row's own, or those of the first answer.

        Raises:
            NotFound, RuleBroken: the person is unknown to the caller, or erased.
            Conflict: REQUEST_ID_REUSED.
            Exhausted: too many calls are in line.
            Unavailable: not committed in time as far as is known; the same request_id is safe to send again.
        """
        answer: asyncio.Future[RecordedNeed] = asyncio.get_running_loop().create_future()
        digest = request_digest(self._database.request_key, request_bytes)
        try:
            self._line.put_nowait(_Waiting(row, caller, request_id, method, digest, answer))
        except asyncio.QueueFull:
            raise Exhausted("Too many needs are being recorded; try again in a moment.") from None
        try:
            async with asyncio.timeout(deadline_seconds):
                return await answer
        except TimeoutError:
            raise Unavailable(
                "Recording the need takes too long. Send the same request again: it is recorded once.",
                reason="DEADLINE_PASSED",
            ) from None

    async def run(self) -> None:
        """Writes until cancelled. What is in line then is not written, and its callers are told."""
        try:
            while True:
                await self._write(await self._next_batch())
        finally:
            while not self._line.empty():
                self._put_off.append(self._line.get_nowait())
            _refuse(self._put_off, Unavailable("The service is stopping; send the same request again."))

    async def _next_batch(self) -> list[_Waiting]:
        """What is in line now, each request_id once; a second one waits for the next batch."""
        candidates, self._put_off = self._put_off, []
        if not candidates:
            candidates.append(await self._line.get())
        while len(candidates) < MAX_ROWS and not self._line.empty():
            candidates.append(self._line.get_nowait())
        batch: dict[tuple[UUID, UUID], _Waiting] = {}
        for one in candidates:
            if one.answer.done():
                continue
            if batch.setdefault(one.key, one) is not one:
                self._put_off.append(one)
        return list(batch.values())

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        """Commits the batch; when a row spoils it, each row for itself, so that only that one is refused."""
        try:
            await self._commit(batch)
            return
        except Exception as error:
            if len(batch) == 1 or _is_away(error):
                _refuse(batch, _told(error))
                return
        for one in batch:
            if one.answer.done():
                continue
            try:
                await self._commit([one], LOCK_WAIT_MILLISECONDS // 2)
            except Exception as error:
                _refuse([one], _told(error))

    async def _commit(
        self, batch: Sequence[_Waiting], lock_wait_milliseconds: int = LOCK_WAIT_MILLISECONDS
    ) -> None:
        """One transaction; answers are given after the commit only."""
        async with self._database.transaction(
            self._caller, lock_wait_milliseconds=lock_wait_milliseconds
        ) as tx:
            outcomes = await self._look(tx, batch)
            fresh = [one for one in batch if one not in outcomes]
            written = await self._insert(tx, fresh) if fresh else {}
            for one in fresh:
                times = written.get(one.row.ids.need_id)
                if times is None:
                    # its first answer was committed a moment ago elsewhere, or a merge that _look waited for
                    self._put_off.append(one)
                    continue
                event = encode(_recorded(one, *times), one.caller, times[1])
                one.context.run(tx.publish, event)
                outcomes[one] = one.row.ids
        for one, outcome in outcomes.items():
            if one.answer.done():
                continue
            if isinstance(outcome, KemError):
                one.answer.set_exception(outcome)
            else:
                one.answer.set_result(outcome)

    async def _look(
        self, tx: Transaction, batch: Sequence[_Waiting]
    ) -> dict[_Waiting, RecordedNeed | KemError]:
        """First answers and refusals; whoever is not in it may be written. Locks the people."""
        rows = await tx.connection.fetch(
            _LOOK,
            [one.caller.principal_id for one in batch],
            [one.request_id for one in batch],
            [one.row.need.beneficiary_id for one in batch],
            [one.row.need.continues_referral_id for one in batch],
        )
        tx.note_now(rows[0]["now"])
        outcomes: dict[_Waiting, RecordedNeed | KemError] = {}
        for one, row in zip(batch, rows, strict=True):
            if row["method"] is not None:
                outcomes[one] = _first_answer(one, row)
                continue
            try:
                check_recordable(
                    one.row.need,
                    sender_agency_id=one.row.sender_agency_id,
                    registered_by_agency_id=row["registered_by_agency_id"],
                    is_erased=bool(row["is_erased"]),
                    merged_into=row["merged_into"],
                    continues_beneficiary_id=row["continues_beneficiary_id"],
                    now=row["now"],
                )
            except KemError as refusal:
                outcomes[one] = refusal
        return outcomes

    async def _insert(self, tx: Transaction, fresh: Sequence[_Waiting]) -> dict[UUID, tuple[Any, Any]]:
        rows = await tx.connection.fetch(
            _WRITE,
            *row_arguments([one.row for one in fresh]),
            [one.request_id for one in fresh],
            [one.method for one in fresh],
            [one.digest for one in fresh],
            [_response(one.row.ids) for one in fresh],
        )
        return {row["need_id"]: (row["happened_time"], row["recorded_time"]) for row in rows}


def _recorded(one: _Waiting, happened_time: Any, recorded_time: Any) -> NeedRecorded:
    need = one.row.need
    return NeedRecorded(
        need_id=one.row.ids.need_id,
        referral_id=one.row.ids.referral_id,
        beneficiary_id=need.beneficiary_id,
        urgency=need.urgency,
        routing=need.routing,
        origin=need.origin,
        sender_agency_id=one.row.sender_agency_id,
        happened_time=happened_time,
        recorded_time=recorded_time,
        continues_referral_id=need.continues_referral_id,
        request_id=one.request_id,
    )


def _response(ids: RecordedNeed) -> bytes:
    """As `once` would keep it: the answer's bytes."""
    need = need_pb2.RecordedNeed(need_id=str(ids.need_id), referral_id=str(ids.referral_id))
    return intake_service_pb2.RecordNeedResponse(need=need).SerializeToString(deterministic=True)


def _first_answer(one: _Waiting, row: Any) -> RecordedNeed | KemError:
    if (row["method"], row["hash"]) != (one.method, one.digest):
        return Conflict(
            "This request_id was already used for a different request; take a new one.",
            reason="REQUEST_ID_REUSED",
            request_id=str(one.request_id),
        )
    first = intake_service_pb2.RecordNeedResponse.FromString(row["response"]).need
    return RecordedNeed(NeedId(UUID(first.need_id)), ReferralId(UUID(first.referral_id)))


def _is_away(error: Exception) -> bool:
    """Whether no row can be written now: trying them one by one would only cost time."""
    collided = (asyncpg.LockNotAvailableError, asyncpg.TransactionRollbackError)
    return is_passing(error) and not isinstance(error, collided)


def _told(error: Exception) -> Exception:
    """The error as a caller is told it."""
    if isinstance(error, asyncpg.LockNotAvailableError):
        return Unavailable("Somebody is changing this person's record; try again in a moment.")
    if is_passing(error) and not isinstance(error, KemError | asyncpg.DiskFullError):
        return Unavailable("The need could not be recorded just now; send the same request again.")
    return error


def _refuse(waiting: Sequence[_Waiting], error: Exception) -> None:
    for one in waiting:
        if not one.answer.done():
            one.answer.set_exception(error)
