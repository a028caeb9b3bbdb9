"""The holder of a referral asks to see more than consent allows, because a life hangs on it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import NotFound, RuleBroken
from kernel.ids import ReferralId, random_id
from services.intake.adapters.postgres_disclosures import PostgresDisclosures
from services.intake.adapters.postgres_emergency_access import PostgresEmergencyAccess
from services.intake.adapters.vault import Vault
from services.intake.domain.emergency_access import EmergencyAccess
from services.intake.domain.emergency_events import EmergencyAccessRequested
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RequestEmergencyAccess:
    """What is needed of whom, and what makes it necessary."""

    request_id: UUID
    referral_id: ReferralId
    asked_mask: int
    circumstances: str


async def request_emergency_access(
    command: RequestEmergencyAccess,
    tx: Transaction,
    disclosures: PostgresDisclosures,
    accesses: PostgresEmergencyAccess,
    vault: Vault,
) -> tuple[UUID, datetime]:
    """The access, and when it was asked for. Nothing is given before somebody else has allowed it.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: REFERRAL_NOT_FOUND: no such referral, or the caller's agency does not hold it.
        RuleBroken: BENEFICIARY_ERASED.
    """
    agency_id = own_agency(tx.caller)
    found = await disclosures.hold_still(tx, command.referral_id, agency_id)
    owner_id = await accesses.owner_of(tx, command.referral_id)
    if found is None or owner_id is None or not found[0].is_held_by(agency_id):
        raise NotFound("Your agency holds no such referral.", reason="REFERRAL_NOT_FOUND")
    held, _ = found
    texts = [(held.beneficiary_id, held.referral_id, command.circumstances)]
    [sealed] = await vault.seal_texts(tx, texts)
    if sealed is None:
        raise RuleBroken("This person's data was erased at their wish.", reason="BENEFICIARY_ERASED")
    access = EmergencyAccess(
        emergency_access_id=random_id(),
        referral_id=held.referral_id,
        beneficiary_id=held.beneficiary_id,
        service_type=held.service_type,
        agency_id=agency_id,
        owner_agency_id=owner_id,
        asked_mask=command.asked_mask,
        sealed_circumstances=sealed,
        requested_by_id=tx.caller.principal_id,
        requested_time=await tx.now(),
    )
    await accesses.add(tx, access)
    tx.publish(
        EmergencyAccessRequested(
            emergency_access_id=access.emergency_access_id,
            referral_id=access.referral_id,
            agency_id=agency_id,
            asked_mask=0 if codes.service_type(access.service_type).restricted else access.asked_mask,
            request_id=command.request_id,
        )
    )
    return access.emergency_access_id, access.requested_time
