"""What matching may know of a person changed, or consent was withdrawn: intake was asked again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import Unavailable
from kernel.ids import BeneficiaryId, NeedId, ReferralId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.profile_format import NeedAnswer, Standing
from services.referral.adapters.stores import Stores
from services.referral.domain.next_step import lacked_consent
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import ReferralState
from services.referral.use_cases.places import Freeing
from services.referral.use_cases.renew_profiles import renew_profiles
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
    freeing: Freeing,
) -> None:
    """Acts on what intake answered for these unfinished referrals, all locked.

    Whatever was not yet taken up ends when the need, or the whole consent, is withdrawn or the person is
    erased; what somebody holds keeps its state (only the withdrawal of the need ends that). An open offer
    to an agency that is no longer permitted is revoked. What waits or found nobody is matched again. An
    answer that is older than what is known by now changes nothing.

    Args:
        causes: the event that made this service ask, by referral.
        freeing: gets the places; the caller gives them back (`give_back_all`).

    Raises:
        Unavailable: intake was not asked about one of them, which was recorded only just now; ask again.
    """
    living = [referral for referral in referrals if not referral.is_final]
    if any(referral.need_id not in answers for referral in living):
        raise Unavailable("A need was recorded meanwhile; intake must be asked again.")
    answered = {one.referral_id: answers[one.need_id] for one in living}
    newest = (await renew_profiles(tx, stores, living, answered, now)).newest
    gone: list[Referral] = []
    for referral in living:
        answer = answered[referral.referral_id]
        if answer.standing is Standing.ACTIVE:
            if referral.referral_id not in newest:
                continue
            if not answer.consent_withdrawn:
                cause = causes[referral.referral_id]
                await _take_over(tx, stores, referral, answer, cause, now, freeing)
            elif not referral.is_held:
                gone.append(referral)
        elif answer.standing is not Standing.UNKNOWN:
            if not referral.is_held:
                gone.append(referral)
            elif answer.standing is Standing.ERASED:
                await stores.matches.forget_profiles(tx, [referral.referral_id])
    for referral in gone:
        await withdraw_referrals(tx, stores, [referral], causes[referral.referral_id], now, freeing)


async def _take_over(
    tx: Transaction,
    stores: Stores,
    referral: Referral,
    answer: NeedAnswer,
    cause: UUID,
    now: datetime,
    freeing: Freeing,
) -> None:
    profile = answer.profile
    if profile is None:
        return
    if referral.state is ReferralState.OFFERED:
        offers = await stores.referrals.lock_current_offers(tx, [referral])
        shut_out = {one.agency_id for one in offers.values()} - profile.permitted_agency_ids
        if shut_out:
            await revoke_offers(
                tx,
                stores,
                [referral],
                "CONSENT_WITHDRAWN",
                now,
                freeing,
                agency_ids=shut_out,
                causation_id=cause,
            )
    elif referral.state in _REMATCHED or lacked_consent(referral):
        rematch = Deadline(
            DeadlineKind.REMATCH, now, referral_id=referral.referral_id, detail="PROFILE_CHANGED"
        )
        await stores.deadlines.add(tx, [rematch])
