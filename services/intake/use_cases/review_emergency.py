"""Somebody who had no part in an emergency says what they find of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.vault import Vault
from services.intake.domain.emergency_events import EmergencyReviewed
from services.intake.domain.emergency_review import ReviewFinding
from services.intake.use_cases.hub_officer import own_agency_or_officer


@dataclass(frozen=True, slots=True)
class ReviewEmergency:
    """`subject_id` is the disclosure or the emergency access; `words` say why."""

    request_id: UUID
    subject_id: UUID
    finding: ReviewFinding
    words: str


async def review_emergency(
    command: ReviewEmergency, tx: Transaction, emergencies: PostgresEmergencies, vault: Vault
) -> datetime:
    """When it was reviewed. The finding is written once. Repeat-safe only inside `chassis.requests.once`.

    About somebody who was erased since, the finding stays without its words: no key is left to seal them.

    Raises:
        NotFound: EMERGENCY_NOT_FOUND: no such emergency, or not one that the caller may review.
        NotPermitted: REVIEWER_INVOLVED.
        RuleBroken: ALREADY_REVIEWED.
    """
    await own_agency_or_officer(tx)
    review = await emergencies.lock_review(tx, command.subject_id)
    if review is None:
        raise NotFound("There is no such emergency that you may review.", reason="EMERGENCY_NOT_FOUND")
    review.check_reviewer(tx.caller.principal_id)
    texts = [(review.beneficiary_id, review.referral_id, command.words)]
    [sealed] = await vault.seal_texts(tx, texts)
    now = await tx.now()
    await emergencies.keep_finding(tx, review.subject_id, command.finding, sealed, now)
    tx.publish(
        EmergencyReviewed(
            subject_id=review.subject_id,
            version=review.last_version,
            kind=review.kind,
            referral_id=review.referral_id,
            agency_id=review.recipient_agency_id,
            is_justified=command.finding is ReviewFinding.JUSTIFIED,
            request_id=command.request_id,
        )
    )
    return now
