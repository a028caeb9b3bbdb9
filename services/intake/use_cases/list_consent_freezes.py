"""Whose consent is frozen, and whose a child protection officer must look at: the agency's own people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.postgres import Transaction
from services.intake.adapters.postgres_consent_freezes import OpenFreeze, PostgresConsentFreezes
from services.intake.adapters.vault import Vault
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE, Place, page_with_words


@dataclass(frozen=True, slots=True)
class FreezesPage:
    """Open freezes with their words, the oldest first, and the next page's place; `now` is database time."""

    freezes: Sequence[tuple[OpenFreeze, str]]
    next_after: Place | None
    now: datetime


async def list_consent_freezes(
    page_size: int,
    after: Place | None,
    method: str,
    tx: Transaction,
    freezes: PostgresConsentFreezes,
    vault: Vault,
) -> FreezesPage:
    """One page; the read is recorded before it is answered.

    Raises:
        NotPermitted: NO_AGENCY: the caller acts for none.
    """
    agency_id, size = own_agency(tx.caller), page_size or USUAL_PAGE_SIZE
    found = await freezes.listed(tx, agency_id, after, size + 1)
    shown, next_after = await page_with_words(
        found,
        size,
        method,
        tx,
        vault,
        place=lambda one: (one.frozen_time, one.consent_freeze_id),
        sealed=lambda one: (one.beneficiary_id, one.consent_freeze_id, one.sealed_words),
    )
    return FreezesPage(shown, next_after, await tx.now())
