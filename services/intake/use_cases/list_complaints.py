"""The register of complaints with their words, for whoever may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from services.intake.adapters.postgres_complaints import PostgresComplaints
from services.intake.adapters.postgres_rights_requests import RequestsView
from services.intake.adapters.vault import Vault
from services.intake.domain.complaint import Complaint
from services.intake.use_cases.hub_officer import own_agency_or_officer
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE, Place


@dataclass(frozen=True, slots=True)
class ComplaintsPage:
    """Complaints with what was said and what was found; words are empty where the person was erased.

    `next_after` is where the next page begins, `now` is by the database's clock.
    """

    complaints: Sequence[tuple[Complaint, str, str]]
    next_after: Place | None
    now: datetime


async def list_complaints(
    page_size: int,
    view: RequestsView,
    after: Place | None,
    method: str,
    tx: Transaction,
    complaints: PostgresComplaints,
    vault: Vault,
) -> ComplaintsPage:
    """One page, the earliest due first; the read is recorded before it is answered."""
    await own_agency_or_officer(tx)
    now, size = await tx.now(), page_size or USUAL_PAGE_SIZE
    found = await complaints.page(tx, view, now, after, size + 1)
    shown = found[:size]
    said = [(one.beneficiary_id, one.complaint_id, one.sealed_words) for one in shown]
    answered = [
        (one.beneficiary_id, one.complaint_id, one.answer.sealed_words if one.answer else None)
        for one in shown
    ]
    words = await vault.open_words(tx, [*said, *answered])
    if shown:
        tx.record_access(AccessRecord("intake", method, [one.complaint_id for one in shown]))
    last = shown[-1] if len(found) > size else None
    return ComplaintsPage(
        list(zip(shown, words[: len(shown)], words[len(shown) :], strict=True)),
        None if last is None else (last.due_time, last.complaint_id),
        now,
    )
