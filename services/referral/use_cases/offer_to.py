"""The person has picked providers: the first of them that has a place is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import Invalid, NotYetKnown, RuleBroken
from kernel.ids import NeedId, OfferId, ReferralId, ServiceId
from services.referral.adapters.profile_format import NeedAnswer, Standing
from services.referral.adapters.stores import Stores
from services.referral.domain.calendar import holidays_around
from services.referral.domain.matching import Candidate, MatchPolicy, MatchResult, match
from services.referral.domain.next_step import OVERRIDABLE, closed_services
from services.referral.domain.profile import Profile
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import IllegalTransition, ReferralState
from services.referral.domain.visibility import Viewer
from services.referral.use_cases.answer_offer import lock_as_sender_of, referral_not_found
from services.referral.use_cases.find_provider import find_provider

_CHOOSABLE = frozenset(
    {
        ReferralState.AWAITING_PERSON,
        ReferralState.MATCHING,
        ReferralState.WAITLISTED,
        ReferralState.UNMATCHED,
    }
)


class ConsentNotInForce(RuleBroken):
    """The person's consent, or a valid agreement, does not cover an agency that was chosen."""

    reason = "CONSENT_NOT_IN_FORCE"


class NeedNoLongerStands(RuleBroken):
    """The person withdrew, or is erased."""

    reason = "NEED_WITHDRAWN"


class OverrideReasonNeeded(RuleBroken):
    """A chosen service does not fit by the rules: somebody must say why it is asked all the same."""

    reason = "OVERRIDE_REASON_NEEDED"


class ServiceCannotBeAsked(RuleBroken):
    """A chosen service is suspended, has no agreement, or is of another type; no reason helps."""

    reason = "SERVICE_CANNOT_BE_ASKED"


@dataclass(frozen=True, slots=True)
class OfferTo:
    """Services in the person's order; `override_reason` is a code of OVERRIDE or empty."""

    request_id: UUID
    referral_id: ReferralId
    service_ids: tuple[ServiceId, ...]
    override_reason: str


async def need_to_ask_about(
    tx: Transaction, stores: Stores, referral_id: ReferralId, caller: Caller
) -> NeedId:
    """The need whose profile must be fetched before `offer_to`; takes no lock.

    Raises:
        ReferralNotFound: another agency sent it.
    """
    referral = await stores.referrals.read(tx, referral_id)
    if referral is None or caller.agency_id is None or referral.sender_agency_id != caller.agency_id:
        raise referral_not_found()
    return referral.need_id


async def offer_to(
    command: OfferTo, answer: NeedAnswer, caller: Caller, tx: Transaction, stores: Stores
) -> tuple[Referral, OfferId | None]:
    """Keeps the choice and asks the first service with a place; without any, the person waits for them.

    Args:
        answer: what intake said of the need just before this transaction.

    Raises:
        ReferralNotFound: another agency sent it.
        IllegalTransition: an offer is open, somebody holds it, or it has ended.
        NeedNoLongerStands, ConsentNotInForce, OverrideReasonNeeded, ServiceCannotBeAsked: as they say.
        NotYetKnown: consent changed this very moment; call again.
        Invalid: an unknown override reason, or a service that is unknown (to this caller).
    """
    referral, _, now = await lock_as_sender_of(tx, stores, command.referral_id, caller)
    if referral.state not in _CHOOSABLE:
        raise IllegalTransition(
            f"Nobody can be asked while the referral is {referral.state}.", referral_state=referral.state
        )
    if command.override_reason:
        codes.reason("OVERRIDE", command.override_reason)
    profile = await _current_profile(tx, stores, referral, answer, now)
    candidates = await _known_candidates(tx, stores, command.service_ids, caller)
    _check_consent(command, profile, candidates)
    referral.choose(command.service_ids, command.override_reason or None, now)
    await _check_fit(tx, stores, referral, profile, tuple(candidates.values()), now)
    policy = await stores.policies.in_force(tx, now)
    sought = await find_provider(tx, stores, [referral], policy, now, causation_id=command.request_id)
    return referral, sought.offers[0].offer_id if sought.offers else None


async def _current_profile(
    tx: Transaction, stores: Stores, referral: Referral, answer: NeedAnswer, now: datetime
) -> Profile:
    """Keeps what intake said, unless something newer has been heard meanwhile."""
    if answer.profile is None or answer.standing is not Standing.ACTIVE or answer.consent_withdrawn:
        raise NeedNoLongerStands("The person has withdrawn; nobody can be asked for this need any more.")
    known = (await stores.matches.profiles(tx, [referral.referral_id])).get(referral.referral_id)
    if known is not None and known.profile_version > answer.profile.profile_version:
        raise NotYetKnown(
            "The person's consent has changed this very moment; please try again.",
            retry_delay_seconds=0.2,
            reason="PROFILE_CHANGED",
        )
    await stores.matches.save_profiles(tx, {referral.referral_id: answer}, now)
    referral.service_type = answer.profile.service_type
    return answer.profile


async def _known_candidates(
    tx: Transaction, stores: Stores, service_ids: Sequence[ServiceId], caller: Caller
) -> Mapping[ServiceId, Candidate]:
    """The chosen services; one of which the caller may not know is left out as one that does not exist."""
    viewer = Viewer(caller.agency_id, caller.roles)
    candidates = await stores.directory.candidates_by_id(tx, service_ids)
    return {key: one for key, one in candidates.items() if viewer.finds(one.listing, one.agency_id)}


def _check_consent(command: OfferTo, profile: Profile, candidates: Mapping[ServiceId, Candidate]) -> None:
    for service_id in command.service_ids:
        candidate = candidates.get(service_id)
        if candidate is None:
            raise Invalid(
                "One of the chosen services is not in the directory.",
                reason="SERVICE_NOT_FOUND",
                service_id=str(service_id),
            )
        if candidate.agency_id not in profile.permitted_agency_ids:
            raise ConsentNotInForce(
                "The person's consent does not cover this agency; record it first, then offer.",
                service_id=str(service_id),
                agency_id=str(candidate.agency_id),
            )


async def _check_fit(
    tx: Transaction,
    stores: Stores,
    referral: Referral,
    profile: Profile,
    candidates: tuple[Candidate, ...],
    now: datetime,
) -> None:
    """Whatever the rules leave out needs a reason, and some of it no reason can put right."""
    offers = await stores.referrals.offers_of(tx, [referral.referral_id])
    result: MatchResult = match(
        profile,
        candidates,
        referral_id=referral.referral_id,
        now=now,
        policy=MatchPolicy(holidays=holidays_around(now)),
        permitted=profile.permitted_agency_ids,
        declined=closed_services(referral, offers.get(referral.referral_id, ())),
    )
    for candidate, reason in result.excluded:
        if reason not in OVERRIDABLE:
            raise ServiceCannotBeAsked(
                "One of the chosen services cannot be asked now.",
                service_id=str(candidate.service_id),
                exclusion=reason,
            )
        if referral.override_reason is None:
            raise OverrideReasonNeeded(
                "One of the chosen services does not fit; choose another, or say why it is to be asked.",
                service_id=str(candidate.service_id),
                exclusion=reason,
            )
