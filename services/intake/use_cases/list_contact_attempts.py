"""Lists tries to reach a person, or those for a referral."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, ReferralId
from services.intake.domain.contact_attempt import ContactAttempt
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE
from services.intake.use_cases.record_contact_attempt import ContactParts, referral_not_found
from services.intake.use_cases.records_of_person import records_of_person


@dataclass(frozen=True, slots=True)
class ListContactAttempts:
    """About a referral or, without one, about a person."""

    about: ReferralId | BeneficiaryId
    is_about_referral: bool
    page_size: int = 0
    before: tuple[datetime, UUID] | None = None


@dataclass(frozen=True, slots=True)
class ContactAttemptsPage:
    """Tries, the newest first, and where the next page begins; None on the last page."""

    attempts: Sequence[ContactAttempt]
    next_before: tuple[datetime, UUID] | None


async def list_contact_attempts(
    command: ListContactAttempts, method: str, tx: Transaction, parts: ContactParts
) -> ContactAttemptsPage:
    """One page; the read is on record before it is told.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND; REFERRAL_NOT_FOUND: neither sent nor held by the caller's agency.
        RuleBroken: BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    size, referral_id = command.page_size or USUAL_PAGE_SIZE, None
    if command.is_about_referral:
        records, referral_id = None, ReferralId(command.about)
        is_own = bool(await parts.needs.people_of_referrals(tx, [referral_id]))
        if not is_own and not await parts.held_referrals.holds(tx, referral_id):
            raise referral_not_found()
    else:
        records = await records_of_person(tx, BeneficiaryId(command.about), parts.people)
    found = await parts.attempts.page(tx, records, referral_id, command.before, size + 1)
    tx.record_access(AccessRecord("intake", method, [command.about]))
    last = found[size - 1] if len(found) > size else None
    return ContactAttemptsPage(
        found[:size], None if last is None else (last.happened_time, last.contact_attempt_id)
    )
