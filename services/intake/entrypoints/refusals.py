"""Refusals that tell somebody something: put on record before they are told."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Database
from kernel.errors import NotFound
from services.intake.use_cases.duplicate_person import DuplicatePerson


@asynccontextmanager
async def refusals_on_record(
    database: Database, caller: Caller, method: str, subject_ids: Sequence[UUID] = ()
) -> AsyncIterator[None]:
    """Around a whole transaction, which the refusal rolls back: the record is committed in one of its own.

    Covers asking for somebody else's person (or nobody's) and a duplicate, which shows a masked candidate.
    What the caller's role forbids, and any refusal that did not come by here, the gRPC server records.
    """
    try:
        yield
    except (NotFound, DuplicatePerson) as refusal:
        shown = [refusal.candidate_id] if isinstance(refusal, DuplicatePerson) else subject_ids
        async with database.transaction(caller) as tx:
            tx.record_access(
                AccessRecord("intake", method, list(shown), refusal_reason=refusal.stable_reason)
            )
        refusal.is_on_record = True
        raise
