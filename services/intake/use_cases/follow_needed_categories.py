"""Keeps what service types need to know of a person, as kem.directory.v1 tells it."""

from collections.abc import Sequence

from chassis.postgres import Transaction
from services.intake.adapters.postgres_needed_categories import PostgresNeededCategories
from services.intake.domain.needed_categories import NeededCategories


async def follow_needed_categories(
    told: Sequence[NeededCategories], tx: Transaction, needed_categories: PostgresNeededCategories
) -> None:
    """Disclosures from the commit on go by it, whoever holds the referral. Repeat-safe in any order."""
    if told:
        await needed_categories.save(tx, told)
