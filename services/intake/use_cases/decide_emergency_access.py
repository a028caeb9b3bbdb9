"""Somebody else than whoever asked allows an emergency access for a time, or does not."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import NotFound
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.postgres_emergency_access import PostgresEmergencyAccess
from services.intake.domain.emergency_access import EmergencyAccess, valid_for
from services.intake.domain.emergency_events import EmergencyAccessDecided
from services.intake.domain.emergency_review import REVIEW_DUE, EmergencyKind, EmergencyReview
from services.intake.use_cases.hub_officer import own_agency_or_officer


@dataclass(frozen=True, slots=True)
class DecideEmergencyAccess:
    """`wanted_mask` 0 stands for all that was asked for, `valid_minutes` 0 for the usual time."""

    request_id: UUID
    emergency_access_id: UUID
    is_authorised: bool
    wanted_mask: int
    valid_minutes: int


@dataclass(frozen=True, slots=True)
class DecidedAccess:
    """Both ends are None where it was not allowed."""

    decided_time: datetime
    valid_until_time: datetime | None = None
    review_due_time: datetime | None = None


async def decide_emergency_access(
    command: DecideEmergencyAccess,
    tx: Transaction,
    accesses: PostgresEmergencyAccess,
    emergencies: PostgresEmergencies,
) -> DecidedAccess:
    """Whatever is allowed waits for its review from this moment on, used or not.

    Only the side that sent the referral decides, or an officer of the hub. Repeat-safe only inside
    `chassis.requests.once`.

    Raises:
        NotFound: EMERGENCY_NOT_FOUND: no such access, or it is not the caller's to decide.
        NotPermitted: AUTHORISER_INVOLVED.
        RuleBroken: ALREADY_DECIDED.
        Invalid: NOT_ASKED_FOR, PERIOD_INVALID.
    """
    await own_agency_or_officer(tx)
    access = await accesses.lock(tx, command.emergency_access_id)
    if access is None or tx.caller.agency_id not in (None, access.owner_agency_id):
        raise NotFound("There is no such emergency that you may decide on.", reason="EMERGENCY_NOT_FOUND")
    allowed = access.check_decision(tx.caller.principal_id, command.wanted_mask)
    period = valid_for(command.valid_minutes)
    now = await tx.now()
    if not command.is_authorised:
        await accesses.decide(tx, access.emergency_access_id, 0, now, None)
        tx.publish(_told(access, 0, None, command.request_id))
        return DecidedAccess(now)
    until = now + period
    await accesses.decide(tx, access.emergency_access_id, allowed, now, until)
    due_time = now + REVIEW_DUE
    await emergencies.open_review(
        tx,
        EmergencyReview(
            subject_id=access.emergency_access_id,
            kind=EmergencyKind.EMERGENCY_ACCESS,
            referral_id=access.referral_id,
            beneficiary_id=access.beneficiary_id,
            owner_agency_id=access.owner_agency_id,
            recipient_agency_id=access.agency_id,
            involved_ids=(access.requested_by_id, tx.caller.principal_id),
            opened_time=now,
            due_time=due_time,
        ),
    )
    tx.publish(_told(access, allowed, until, command.request_id))
    return DecidedAccess(now, until, due_time)


def _told(
    access: EmergencyAccess, allowed: int, until: datetime | None, request_id: UUID
) -> EmergencyAccessDecided:
    return EmergencyAccessDecided(
        emergency_access_id=access.emergency_access_id,
        referral_id=access.referral_id,
        agency_id=access.agency_id,
        authorised_mask=0 if codes.service_type(access.service_type).restricted else allowed,
        valid_until_time=until,
        request_id=request_id,
    )
