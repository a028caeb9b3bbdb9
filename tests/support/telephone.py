"""A desk with a telephone: hand-overs and reviews, by the use cases themselves over a real database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from chassis.caller import Caller
from kernel.ids import AgencyId
from kernel.vocabulary import LegalBasis
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.domain.emergency_review import ReviewFinding
from services.intake.domain.handover import Handover, HandoverAnswer
from services.intake.domain.need import RecordedNeed
from services.intake.use_cases.list_emergency_reviews import ReviewsPage, list_emergency_reviews
from services.intake.use_cases.record_handover import RecordedHandover, RecordHandover, record_handover
from services.intake.use_cases.review_emergency import ReviewEmergency, review_emergency
from tests.support.consented_people import METHOD, OpenIntake, agreement_with, bits, grant

A: Final = UUID("00000000-0000-4000-8000-0000000000aa")
"""The agency that is called."""
WORDS: Final = "She could not stay where she was."


@dataclass(frozen=True, slots=True)
class Telephone:
    """Short ways to the use cases."""

    intake: OpenIntake
    emergencies: PostgresEmergencies

    async def need(self, categories: int, **changes: Any) -> RecordedNeed:
        """Of a person who allows these categories to agency A."""
        person = await self.intake.person()
        await self.intake.agree(agreement_with(A))
        await self.intake.consent(person, grant(A, categories))
        return await self.intake.need(person, **changes)

    async def hand_over(
        self, need: RecordedNeed, *told: str, by: Caller | None = None, **changes: Any
    ) -> RecordedHandover:
        fields: dict[str, Any] = {
            "referral_id": need.referral_id,
            "agency_id": AgencyId(A),
            "told_mask": bits(*told),
            "legal_basis": LegalBasis.CONSENT,
            "circumstances": WORDS,
            "spoken_to": "Eleni at the duty phone",
            "answer": HandoverAnswer.TAKEN,
            "happened_time": datetime.now(UTC),
        }
        command = RecordHandover(uuid4(), Handover(**(fields | changes)))
        parts = self.intake.parts
        async with self.intake.database.transaction(by or self.intake.desk) as tx:
            return await record_handover(
                command,
                tx,
                parts.people,
                self.emergencies,
                parts.recalls,
                parts.corrections,
                parts.vault,
            )

    async def review(
        self, subject_id: UUID, by: Caller, finding: ReviewFinding = ReviewFinding.JUSTIFIED
    ) -> datetime:
        command = ReviewEmergency(uuid4(), subject_id, finding, "There was no other way.")
        async with self.intake.database.transaction(by) as tx:
            return await review_emergency(command, tx, self.emergencies, self.intake.parts.vault)

    async def waiting(
        self, by: Caller, size: int = 0, after: tuple[datetime, UUID] | None = None
    ) -> ReviewsPage:
        async with self.intake.database.transaction(by) as tx:
            return await list_emergency_reviews(
                size, after, METHOD, tx, self.emergencies, self.intake.parts.vault
            )
