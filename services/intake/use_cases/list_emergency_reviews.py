"""What waits for the caller's review, with all that a reviewer must know to judge it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.postgres import Transaction
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.vault import Vault
from services.intake.domain.emergency_review import EmergencyReview
from services.intake.use_cases.hub_officer import own_agency_or_officer
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE, Place, page_with_words


@dataclass(frozen=True, slots=True)
class ReviewsPage:
    """Reviews with the words of those who acted, the earliest due first, and where the next page begins.

    The words are empty where the person was erased. `now` is by the database's clock.
    """

    reviews: Sequence[tuple[EmergencyReview, str]]
    next_after: Place | None
    now: datetime


async def list_emergency_reviews(
    page_size: int,
    after: Place | None,
    method: str,
    tx: Transaction,
    emergencies: PostgresEmergencies,
    vault: Vault,
) -> ReviewsPage:
    """One page. What made something necessary tells about the person, so the read is recorded first."""
    await own_agency_or_officer(tx)
    size = page_size or USUAL_PAGE_SIZE
    reviews, next_after = await page_with_words(
        await emergencies.open_reviews(tx, after, size + 1),
        size,
        method,
        tx,
        vault,
        place=lambda one: (one.due_time, one.subject_id),
        sealed=lambda one: (one.beneficiary_id, one.referral_id, one.sealed_circumstances),
    )
    return ReviewsPage(reviews, next_after, await tx.now())
