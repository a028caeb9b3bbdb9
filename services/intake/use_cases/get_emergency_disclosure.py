"""Gives whoever asked what somebody else has allowed: checked, recorded and released in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel.errors import Conflict, KemError, NotFound, RuleBroken
from kernel.ids import DisclosureId, ordered_id
from services.intake.adapters.postgres_corrections import corrected_since_given
from services.intake.adapters.postgres_disclosures import PostgresDisclosures
from services.intake.adapters.postgres_emergency_access import (
    EmergencyDisclosureRow,
    PostgresEmergencyAccess,
)
from services.intake.adapters.vault import Vault
from services.intake.domain.correction import corrected_since
from services.intake.domain.emergency_access import EmergencyAccess, EmergencyRefusal, given_by_emergency
from services.intake.domain.emergency_events import EmergencyDisclosureGiven
from services.intake.domain.events import DisclosureRefused
from services.intake.domain.held_referral import HeldReferral
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class GetEmergencyDisclosure:
    """The same `request_id` names the same disclosure; what it may see is decided anew."""

    request_id: UUID
    emergency_access_id: UUID


@dataclass(frozen=True, slots=True)
class EmergencyDisclosure:
    """What was given: fields by name, of the categories in `given_mask` only."""

    disclosure_id: DisclosureId
    disclosed_time: datetime
    asked_mask: int
    given_mask: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EmergencyParts:
    """What an emergency disclosure works with."""

    database: Database
    disclosures: PostgresDisclosures
    accesses: PostgresEmergencyAccess
    vault: Vault


async def get_emergency_disclosure(
    command: GetEmergencyDisclosure, caller: Caller, method: str, parts: EmergencyParts
) -> EmergencyDisclosure:
    """The fields, committed as a disclosure before they are answered. Refusals are recorded too.

    Raises:
        NotFound: EMERGENCY_NOT_FOUND: no such access, or somebody else asked for it.
        RuleBroken: ACCESS_NOT_IN_FORCE, NOT_HOLDER, NO_AGREEMENT, EXCLUDED_BY_PERSON, BENEFICIARY_ERASED,
            CORRECTED_SINCE.
        Conflict: REQUEST_ID_REUSED.
    """
    own_agency(caller)
    async with parts.database.transaction(caller) as tx:
        answer = await _answer(command, method, tx, parts)
    if isinstance(answer, KemError):
        raise answer  # after the commit, so that the refusal stays on record
    return answer


async def _answer(
    command: GetEmergencyDisclosure, method: str, tx: Transaction, parts: EmergencyParts
) -> EmergencyDisclosure | KemError:
    """Locks person and referral, then the agreement and what the person has excluded; then the access."""
    agency_id, access = own_agency(tx.caller), await parts.accesses.lock(tx, command.emergency_access_id)
    if access is None or access.requested_by_id != tx.caller.principal_id or access.agency_id != agency_id:
        raise NotFound("You have asked for no such emergency access.", reason="EMERGENCY_NOT_FOUND")
    found = await parts.disclosures.hold_still(tx, access.referral_id, agency_id)
    if found is None or not found[0].is_held_by(agency_id):
        return await _refuse(command, access, None, EmergencyRefusal.NOT_HOLDER, tx, parts)
    held, standing = found
    grounds = await parts.disclosures.grounds(tx, held, command.request_id)
    earlier = grounds.earlier
    if earlier is not None and earlier.referral_id != access.referral_id:
        raise Conflict(
            "This request_id was already used for another referral; take a new one.",
            reason="REQUEST_ID_REUSED",
            request_id=str(command.request_id),
        )
    denials = await parts.accesses.denials(tx, held.beneficiary_id, agency_id)
    allowed = given_by_emergency(access, held.purpose, grounds.agreement, denials, grounds.now)
    if isinstance(allowed, EmergencyRefusal):
        return await _refuse(command, access, held, allowed, tx, parts)
    given_mask = allowed & earlier.given_mask if earlier else allowed
    if earlier and given_mask & await corrected_since_given(tx, earlier.disclosure_id):
        return await _refuse(command, access, held, EmergencyRefusal.CORRECTED_SINCE, tx, parts)
    fields = None
    if given_mask and not standing.is_erased:
        fields = await parts.vault.read_categories(tx, held.beneficiary_id, given_mask)
    if fields is None or grounds.agreement is None:
        refusal = EmergencyRefusal.BENEFICIARY_ERASED if given_mask else EmergencyRefusal.EXCLUDED_BY_PERSON
        return await _refuse(command, access, held, refusal, tx, parts)
    row = EmergencyDisclosureRow(
        disclosure_id=earlier.disclosure_id if earlier else DisclosureId(ordered_id()),
        request_id=command.request_id,
        access=access,
        held=held,
        given_mask=given_mask,
        agreement_version=grounds.agreement.version,
        disclosed_time=earlier.disclosed_time if earlier else grounds.now,
    )
    if earlier is None:
        await parts.accesses.add_disclosure(tx, row)
        tx.publish(_told(row, held))
    tx.record_access(AccessRecord("intake", method, [row.disclosure_id]))
    return EmergencyDisclosure(
        row.disclosure_id, row.disclosed_time, access.authorised_mask, given_mask, fields
    )


def _told(row: EmergencyDisclosureRow, held: HeldReferral) -> EmergencyDisclosureGiven:
    access = row.access
    return EmergencyDisclosureGiven(
        disclosure_id=row.disclosure_id,
        emergency_access_id=access.emergency_access_id,
        referral_id=access.referral_id,
        agency_id=access.agency_id,
        asked_mask=0 if held.is_restricted else access.authorised_mask,
        given_mask=0 if held.is_restricted else row.given_mask,
        purpose="" if held.is_restricted else held.purpose,
        agreement_version=row.agreement_version or 0,
        request_id=row.request_id,
    )


async def _refuse(
    command: GetEmergencyDisclosure,
    access: EmergencyAccess,
    held: HeldReferral | None,
    refusal: EmergencyRefusal,
    tx: Transaction,
    parts: EmergencyParts,
) -> KemError:
    row = EmergencyDisclosureRow(
        disclosure_id=DisclosureId(ordered_id()),
        request_id=command.request_id,
        access=access,
        held=held,
        given_mask=0,
        agreement_version=None,
        disclosed_time=await tx.now(),
        refusal=refusal,
    )
    if await parts.accesses.add_disclosure(tx, row):
        tx.publish(
            DisclosureRefused(
                disclosure_id=row.disclosure_id,
                referral_id=access.referral_id,
                agency_id=access.agency_id,
                reason=refusal,
                asked_mask=0 if held is None or held.is_restricted else access.authorised_mask,
                request_id=command.request_id,
            )
        )
    if refusal is EmergencyRefusal.CORRECTED_SINCE:
        return corrected_since()
    return RuleBroken(_WORDS[refusal], reason=refusal)


_WORDS = {
    EmergencyRefusal.NOT_HOLDER: "Your agency does not hold this referral any more.",
    EmergencyRefusal.ACCESS_NOT_IN_FORCE: (
        "Nobody has allowed this emergency access, or its time is over; if it is still needed, ask anew."
    ),
    EmergencyRefusal.NO_AGREEMENT: (
        "There is no sharing agreement in force with your agency for this purpose; call the sender's desk."
    ),
    EmergencyRefusal.EXCLUDED_BY_PERSON: (
        "The agreement does not cover what was allowed, or the person has excluded your agency from it."
    ),
    EmergencyRefusal.BENEFICIARY_ERASED: "This person's data was erased at their wish.",
}
