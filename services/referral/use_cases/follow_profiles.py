"""What matching may know of a person changed, or consent was withdrawn: intake was asked again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, NeedId, ReferralId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.profile_format import NeedAnswer, Standing
from services.referral.adapters.stores import Stores
from services.referral.domain.next_step import asks_the_person
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import ReferralState
from services.referral.use_cases.revoke_offers import revoke_offers
from services.referral.use_cases.withdraw_needs import withdraw_referrals

_REMATCHED = frozenset({ReferralState.WAITLISTED, ReferralState.UNMATCHED})


@dataclass(frozen=True, slots=True)
class ProfileNews:
    """An event that makes this service ask intake again about a person."""

    event_id: UUID
    beneficiary_id: BeneficiaryId


async def follow_profiles(
    tx: Transaction,
    stores: Stores,
    referrals: Sequence[Referral],
    causes: Mapping[ReferralId, UUID],
    answers: Mapping[NeedId, NeedAnswer],
    now: datetime,
) -> None:
    """Acts on what intake answered for these unfinished referrals, all locked.

    Whatever was not yet taken up ends when the need, or the whole consent, is withdrawn or the person is
    erased; what somebody holds keeps its state (only the withdrawal of the need ends that). An open offer
    to an agency that is no longer permitted is revoked. What waits or found nobody is matched again.

    Args:
        causes: the event that made this service ask, by referral.
    """
    gone: list[Referral] = []
    for referral in referrals:
        answer = answers.get(referral.need_id)
        if answer is None or answer.standing is Standing.UNKNOWN or referral.is_final:
            continue
        cause = causes[referral.referral_id]
        if answer.standing is not Standing.ACTIVE or answer.consent_withdrawn:
            if not referral.is_held:
                gone.append(referral)
            elif answer.standing is Standing.ERASED:
                await stores.matches.forget_profiles(tx, [referral.referral_id])
            continue
        await _take_over(tx, stores, referral, answer, cause, now)
    for referral in gone:
        await withdraw_referrals(tx, stores, [referral], causes[referral.referral_id], now)


async def _take_over(
    tx: Transaction, stores: Stores, referral: Referral, answer: NeedAnswer, cause: UUID, now: datetime
) -> None:
    profile = answer.profile
    if profile is None:
        return
    await stores.matches.save_profiles(tx, {referral.referral_id: answer}, now)
    if referral.state is ReferralState.OFFERED:
        offers = await stores.referrals.lock_current_offers(tx, [referral])
        shut_out = {one.agency_id for one in offers.values()} - profile.permitted_agency_ids
        if shut_out:
            await revoke_offers(
                tx, stores, [referral], "CONSENT_WITHDRAWN", now, agency_ids=shut_out, causation_id=cause
            )
    elif referral.state in _REMATCHED or _lacked_consent(referral):
        rematch = Deadline(
            DeadlineKind.REMATCH, now, referral_id=referral.referral_id, detail="PROFILE_CHANGED"
        )
        await stores.deadlines.add(tx, [rematch])


def _lacked_consent(referral: Referral) -> bool:
    """It was to go out at once, and nobody whom it could go to was permitted."""
    return (
        referral.state is ReferralState.AWAITING_PERSON
        and not asks_the_person(referral)
        and referral.chosen_service_ids is None
        and not referral.offers_made
        and referral.clock_ended_time is None
    )
