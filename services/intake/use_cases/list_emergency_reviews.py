"""What waits for the caller's review, with all that a reviewer must know to judge it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.vault import Vault
from services.intake.domain.emergency_review import EmergencyReview
from services.intake.use_cases.hub_officer import own_agency_or_officer

USUAL_PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class ReviewsPage:
    """Reviews with the words of those who acted, the earliest due first, and where the next page begins.

    The words are empty where the person was erased. `now` is by the database's clock.
    """

    reviews: Sequence[tuple[EmergencyReview, str]]
    next_after: tuple[datetime, UUID] | None
    now: datetime


async def list_emergency_reviews(
    page_size: int,
    after: tuple[datetime, UUID] | None,
    method: str,
    tx: Transaction,
    emergencies: PostgresEmergencies,
    vault: Vault,
) -> ReviewsPage:
    """One page. What made something necessary tells about the person, so the read is recorded first."""
    await own_agency_or_officer(tx)
    size = page_size or USUAL_PAGE_SIZE
    found = await emergencies.open_reviews(tx, after, size + 1)
    shown = found[:size]
    reviews = [(review, await _words(review, tx, vault)) for review in shown]
    if shown:
        tx.record_access(AccessRecord("intake", method, [one.subject_id for one in shown]))
    last = shown[-1] if len(found) > size else None
    return ReviewsPage(reviews, None if last is None else (last.due_time, last.subject_id), await tx.now())


async def _words(review: EmergencyReview, tx: Transaction, vault: Vault) -> str:
    if review.sealed_circumstances is None:
        return ""
    texts = await vault.open_texts(
        tx, review.beneficiary_id, review.referral_id, [review.sealed_circumstances]
    )
    return texts[0] if texts else ""
