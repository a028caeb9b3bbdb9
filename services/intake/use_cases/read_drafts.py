"""Shows somebody the forms that they have begun, and destroys one at their wish."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from services.intake.adapters.postgres_drafts import PostgresDrafts
from services.intake.domain.draft import Draft, DraftNotFound
from services.intake.use_cases.own_agency import own_agency


async def list_drafts(tx: Transaction, drafts: PostgresDrafts) -> Sequence[Draft]:
    """The caller's, those saved last first; what they say is not opened."""
    own_agency(tx.caller)
    await drafts.as_writer(tx)
    return await drafts.list(tx)


async def get_draft(
    draft_id: UUID, method: str, tx: Transaction, drafts: PostgresDrafts
) -> tuple[Draft, bytes]:
    """A draft of the caller's and what it says; the read is on record before it is told.

    Raises:
        DraftNotFound: there is none, or it is somebody else's.
    """
    own_agency(tx.caller)
    await drafts.as_writer(tx)
    found = await drafts.read(tx, draft_id)
    if found is None:
        raise _not_found()
    draft, content = found
    about = [draft.beneficiary_id] if draft.beneficiary_id else []
    tx.record_access(AccessRecord("intake", method, [draft_id, *about]))
    return draft, content


async def discard_draft(draft_id: UUID, tx: Transaction, drafts: PostgresDrafts) -> datetime:
    """When it was destroyed. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        DraftNotFound: there is none, or it is somebody else's.
    """
    own_agency(tx.caller)
    await drafts.as_writer(tx)
    await drafts.hold(tx)
    if draft_id not in [one.draft_id for one in await drafts.list(tx)]:
        raise _not_found()
    await drafts.discard(tx, draft_id)
    return await tx.now()


def _not_found() -> DraftNotFound:
    return DraftNotFound("You have no such draft; a draft is gone a day after it was saved.")
