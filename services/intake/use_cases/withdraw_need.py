"""Withdraws a need at the person's wish; its referral ends as withdrawn when referral hears of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import travelling
from kernel.errors import NotFound
from kernel.ids import NeedId
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.domain.events import NeedWithdrawn
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class WithdrawNeed:
    """Which need, and why: a code of the person's reasons."""

    request_id: UUID
    need_id: NeedId
    reason: str


async def withdraw_need(
    command: WithdrawNeed, tx: Transaction, people: PostgresBeneficiaries, needs: PostgresNeeds
) -> datetime:
    """When it was withdrawn. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        Invalid: UNKNOWN_CODE.
        NotFound: NEED_NOT_FOUND: no such need, or not one of the caller's agency.
        RuleBroken: NEED_ALREADY_WITHDRAWN, BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    beneficiary_id = await needs.person_of(tx, command.need_id)
    if beneficiary_id is None:
        raise _not_found()
    await people.lock(tx, beneficiary_id)
    need = await needs.lock(tx, command.need_id)
    if need is None:
        raise _not_found()
    need.withdraw(command.reason)
    now = await tx.now()
    await needs.withdraw(tx, need.need_id, command.reason, now)
    tx.publish(
        NeedWithdrawn(
            need_id=need.need_id,
            referral_id=need.referral_id,
            beneficiary_id=need.beneficiary_id,
            reason=travelling("PERSON", command.reason),
            request_id=command.request_id,
        )
    )
    return now


def _not_found() -> NotFound:
    return NotFound("There is no such need among those of your agency.", reason="NEED_NOT_FOUND")
