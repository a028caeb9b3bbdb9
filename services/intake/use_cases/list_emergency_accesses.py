"""What waits for somebody to allow it or not, with the words of whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from services.intake.adapters.postgres_emergency_access import PostgresEmergencyAccess
from services.intake.adapters.vault import Vault
from services.intake.domain.emergency_access import EmergencyAccess
from services.intake.use_cases.hub_officer import own_agency_or_officer

USUAL_PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class AccessesPage:
    """Accesses with their words (empty where the person was erased), the oldest first."""

    accesses: Sequence[tuple[EmergencyAccess, str]]
    next_after: tuple[datetime, UUID] | None


async def list_emergency_accesses(
    page_size: int,
    after: tuple[datetime, UUID] | None,
    method: str,
    tx: Transaction,
    accesses: PostgresEmergencyAccess,
    vault: Vault,
) -> AccessesPage:
    """One page of what the caller may decide on; the read is recorded before it is answered."""
    await own_agency_or_officer(tx)
    size = page_size or USUAL_PAGE_SIZE
    found = await accesses.asked(tx, after, size + 1)
    shown = found[:size]
    listed = []
    for one in shown:
        if tx.caller.agency_id in (None, one.owner_agency_id):
            sealed = [one.sealed_circumstances]
            texts = await vault.open_texts(tx, one.beneficiary_id, one.referral_id, sealed)
            listed.append((one, texts[0] if texts else ""))
    if listed:
        tx.record_access(AccessRecord("intake", method, [one.emergency_access_id for one, _ in listed]))
    last = shown[-1] if len(found) > size else None
    return AccessesPage(listed, None if last is None else (last.requested_time, last.emergency_access_id))
