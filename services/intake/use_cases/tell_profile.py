"""Tells that what matching may know of people has changed: whoever keeps a copy asks again."""

from collections.abc import Iterable
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.domain.events import ProfileChanged


async def tell_profile(
    tx: Transaction,
    people: PostgresBeneficiaries,
    changed: Iterable[BeneficiaryId],
    request_id: UUID | None = None,
) -> None:
    """Publishes ProfileChanged of each of these locked records."""
    for beneficiary_id, version in await people.bump_profiles(tx, changed):
        tx.publish(ProfileChanged(beneficiary_id, version, request_id=request_id))
