"""Begins the referrals of needs just recorded: a whole batch with few statements."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel import codes
from kernel.codes import Origin, Routing, Urgency
from kernel.ids import AgencyId, BeneficiaryId, NeedId, ReferralId, UnitId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.postgres_demand import Demanded
from services.referral.adapters.profile_format import NeedAnswer
from services.referral.adapters.stores import Stores
from services.referral.domain.calendar import ATHENS
from services.referral.domain.clocks import ResponsePolicy, person_due
from services.referral.domain.profile import Profile
from services.referral.domain.referral import Referral
from services.referral.use_cases.place_referrals import place_referrals, write_placement


@dataclass(frozen=True, slots=True)
class RecordedNeed:
    """What NeedRecorded says; everything about the need itself is in intake's answer.

    Args:
        event_id: what caused the referral's first events.
    """

    event_id: UUID
    need_id: NeedId
    referral_id: ReferralId
    beneficiary_id: BeneficiaryId
    sender_agency_id: AgencyId
    urgency: Urgency
    routing: Routing
    origin: Origin
    recorded_time: datetime
    continues_referral_id: ReferralId | None


async def record_referrals(
    tx: Transaction,
    stores: Stores,
    needs: Sequence[RecordedNeed],
    answers: Mapping[NeedId, NeedAnswer],
    policy: ResponsePolicy,
    now: datetime,
    units_to_free: Collection[UnitId] = (),
) -> None:
    """Makes one referral per need and moves it on: offered, waiting, with the person, or a gap.

    A need that was withdrawn, or whose person was erased, before anybody was asked becomes WITHDRAWN at
    once. The caller has made sure by the inbox that each need comes here once.

    Args:
        units_to_free: where the caller will give places back in this transaction.
    """
    standing: list[Referral] = []
    gone: list[Referral] = []
    for need in needs:
        answer = answers[need.need_id]
        referral = _referral(need, answer, policy, now)
        (gone if answer.profile is None or answer.consent_withdrawn else standing).append(referral)
    profiles = {
        one.referral_id: profile for one in standing if (profile := answers[one.need_id].profile) is not None
    }
    placement = await place_referrals(
        tx, stores, standing, profiles, policy, now, units_to_free=units_to_free
    )
    for referral in gone:
        referral.withdraw(None, now)
    referrals = [*standing, *gone]
    gaps = [gap for referral in referrals for gap in referral.gaps]
    people = {need.referral_id: need.beneficiary_id for need in needs}
    causes = {need.referral_id: need.event_id for need in needs}
    await stores.referrals.add(tx, referrals, people, causes)
    await stores.matches.save_profiles(tx, {one.referral_id: answers[one.need_id] for one in standing}, now)
    await stores.matches.add_gaps(tx, gaps, now)
    placement.deadlines += [
        Deadline(DeadlineKind.PERSON_CLOCK, one.person_due_time, referral_id=one.referral_id)
        for one in standing
    ]
    await write_placement(tx, stores, placement, now)
    stores.demand.note(tx, [_demanded(one, profiles[one.referral_id]) for one in standing if _counts(one)])


def _counts(referral: Referral) -> bool:
    """What is restricted is in no sum."""
    return referral.service_type is not None and not codes.service_type(referral.service_type).restricted


def _demanded(referral: Referral, profile: Profile) -> Demanded:
    return Demanded(
        recorded_day=referral.recorded_time.astimezone(ATHENS).date(),
        service_type=profile.service_type,
        district=profile.district or "",
        language=profile.languages[0] if profile.languages else "",
    )


def _referral(need: RecordedNeed, answer: NeedAnswer, policy: ResponsePolicy, now: datetime) -> Referral:
    profile = answer.profile
    return Referral(
        referral_id=need.referral_id,
        need_id=need.need_id,
        sender_agency_id=need.sender_agency_id,
        service_type=profile.service_type if profile else None,
        urgency=need.urgency,
        routing=need.routing,
        origin=need.origin,
        recorded_time=need.recorded_time,
        person_due_time=person_due(need.recorded_time, policy.clocks[need.urgency]),
        policy_version=policy.version,
        round_start_time=now,
        continues_referral_id=need.continues_referral_id,
    )
