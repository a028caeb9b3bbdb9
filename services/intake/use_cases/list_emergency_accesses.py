"""What waits for somebody to allow it or not, with the words of whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.postgres import Transaction
from services.intake.adapters.postgres_emergency_access import PostgresEmergencyAccess
from services.intake.adapters.vault import Vault
from services.intake.domain.emergency_access import EmergencyAccess
from services.intake.use_cases.hub_officer import own_agency_or_officer
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE, Place, page_with_words


@dataclass(frozen=True, slots=True)
class AccessesPage:
    """Accesses with their words (empty where the person was erased), the oldest first."""

    accesses: Sequence[tuple[EmergencyAccess, str]]
    next_after: Place | None


async def list_emergency_accesses(
    page_size: int,
    after: Place | None,
    method: str,
    tx: Transaction,
    accesses: PostgresEmergencyAccess,
    vault: Vault,
) -> AccessesPage:
    """One page of what the caller may decide on; the read is recorded before it is answered."""
    await own_agency_or_officer(tx)
    size = page_size or USUAL_PAGE_SIZE
    listed, next_after = await page_with_words(
        await accesses.asked(tx, after, size + 1),
        size,
        method,
        tx,
        vault,
        place=lambda one: (one.requested_time, one.emergency_access_id),
        sealed=lambda one: (one.beneficiary_id, one.referral_id, one.sealed_circumstances),
    )
    return AccessesPage(listed, next_after)
