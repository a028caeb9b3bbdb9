"""Refusals that tell somebody something: put on record before they are told."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from google.protobuf.message import Message

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.current import current_caller
from chassis.postgres import Database, Transaction
from chassis.requests import answer_once
from kernel.errors import NotFound
from services.intake.domain.search_allowance import SearchedTooOften
from services.intake.use_cases.duplicate_person import DuplicatePerson

_A = TypeVar("_A", bound=Message)


@asynccontextmanager
async def refusals_on_record(
    database: Database, caller: Caller, method: str, subject_ids: Sequence[UUID] = ()
) -> AsyncIterator[None]:
    """Around a whole transaction, which the refusal rolls back: the record is committed in one of its own.

    Covers asking for somebody else's person (or nobody's), a duplicate, which shows a masked candidate, and
    searching too often.
    What the caller's role forbids, and any refusal that did not come by here, the gRPC server records.
    """
    try:
        yield
    except (NotFound, DuplicatePerson, SearchedTooOften) as refusal:
        shown = [refusal.candidate_id] if isinstance(refusal, DuplicatePerson) else subject_ids
        async with database.transaction(caller) as tx:
            tx.record_access(
                AccessRecord("intake", method, list(shown), refusal_reason=refusal.stable_reason)
            )
        refusal.is_on_record = True
        raise


async def answer_on_record(
    database: Database,
    method: str,
    request: Any,
    answer: type[_A],
    act: Callable[[Transaction], Awaitable[_A]],
    subject_ids: Sequence[UUID] = (),
) -> _A:
    """`answer_once`, whose refusals are on record: they are about `subject_ids`."""
    async with refusals_on_record(database, current_caller(), method, subject_ids):
        return await answer_once(database, method, request, answer, act)
