"""Puts on record that somebody tried to reach a person: who registered them, or who holds a referral."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import mask
from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, ReferralId, random_id
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_contact_attempts import PostgresContactAttempts
from services.intake.adapters.postgres_disclosures import PostgresDisclosures
from services.intake.adapters.postgres_emergency_access import PostgresEmergencyAccess
from services.intake.adapters.postgres_held_referrals import PostgresHeldReferrals
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.adapters.vault import Vault
from services.intake.domain.authority import not_later
from services.intake.domain.beneficiary import ContactKind
from services.intake.domain.contact_attempt import ContactAttempt, ContactResult, is_safe
from services.intake.domain.contact_events import ContactAttempted
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RecordContactAttempt:
    """One try, about a referral or, without one, about the person; `happened_time` is None for now."""

    request_id: UUID
    about: ReferralId | BeneficiaryId
    is_about_referral: bool
    by_holder: bool
    channel: ContactKind
    result: ContactResult
    happened_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactParts:
    """What tries to reach people work with."""

    people: PostgresBeneficiaries
    needs: PostgresNeeds
    disclosures: PostgresDisclosures
    held_referrals: PostgresHeldReferrals
    attempts: PostgresContactAttempts
    accesses: PostgresEmergencyAccess
    vault: Vault


@dataclass(frozen=True, slots=True)
class _Whom:
    beneficiary_id: BeneficiaryId
    referral_id: ReferralId | None
    owner_agency_id: AgencyId


async def record_contact_attempt(
    command: RecordContactAttempt, tx: Transaction, parts: ContactParts
) -> ContactAttempt:
    """The try; whether it was by the safe channel follows from what the person has said by now.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND; REFERRAL_NOT_FOUND: not sent by the caller's agency, or not held by
            it where it says that it has tried as the holder.
        RuleBroken: BENEFICIARY_ERASED.
        Invalid: HAPPENED_IN_FUTURE; NO_REFERRAL_HELD.
    """
    agency_id = own_agency(tx.caller)
    whom = await (_held if command.by_holder else _own)(command, agency_id, tx, parts)
    now = await tx.now()
    happened_time = not_later(command.happened_time or now, now)
    fields = await parts.vault.read_categories(tx, whom.beneficiary_id, mask(["SAFE_CONTACT"]))
    if fields is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    attempt = ContactAttempt(
        contact_attempt_id=random_id(),
        beneficiary_id=whom.beneficiary_id,
        referral_id=whom.referral_id,
        owner_agency_id=whom.owner_agency_id,
        agency_id=agency_id,
        by_holder=command.by_holder,
        channel=command.channel,
        by_safe_channel=is_safe(fields.get("contacts", ()), command.channel, happened_time),
        result=command.result,
        happened_time=happened_time,
        recorded_time=now,
    )
    await parts.attempts.add(tx, attempt)
    tx.publish(
        ContactAttempted(
            contact_attempt_id=attempt.contact_attempt_id,
            beneficiary_id=attempt.beneficiary_id,
            referral_id=attempt.referral_id,
            agency_id=agency_id,
            by_holder=attempt.by_holder,
            is_reached=attempt.result is ContactResult.REACHED,
            by_safe_channel=attempt.by_safe_channel,
            happened_time=happened_time,
            request_id=command.request_id,
        )
    )
    return attempt


async def _own(
    command: RecordContactAttempt, agency_id: AgencyId, tx: Transaction, parts: ContactParts
) -> _Whom:
    """Somebody whom the caller's agency registered, kept as they are; of merged records, the kept one's."""
    if not command.is_about_referral:
        person = BeneficiaryId(command.about)
        await parts.people.lock(tx, person)
        return _Whom(person, None, agency_id)
    referral_id = ReferralId(command.about)
    whose = (await parts.needs.people_of_referrals(tx, [referral_id])).get(referral_id)
    if whose is None:
        raise referral_not_found()
    await parts.people.lock(tx, whose)
    return _Whom(whose, referral_id, agency_id)


async def _held(
    command: RecordContactAttempt, agency_id: AgencyId, tx: Transaction, parts: ContactParts
) -> _Whom:
    """Whom a referral is about that the caller's agency holds, kept as they are."""
    if not command.is_about_referral:
        raise Invalid(
            "Say for which referral that your agency holds you have tried.", reason="NO_REFERRAL_HELD"
        )
    referral_id = ReferralId(command.about)
    found = await parts.disclosures.hold_still(tx, referral_id, agency_id)
    owner_id = await parts.accesses.owner_of(tx, referral_id)
    if found is None or owner_id is None or not found[0].is_held_by(agency_id):
        raise referral_not_found()
    return _Whom(found[0].beneficiary_id, referral_id, owner_id)


def referral_not_found() -> NotFound:
    return NotFound("Your agency neither sent nor holds such a referral.", reason="REFERRAL_NOT_FOUND")
