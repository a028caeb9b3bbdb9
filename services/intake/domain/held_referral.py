"""Who holds a referral: what an acceptance opens, and a return or a final state closes."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from kernel import codes
from kernel.ids import AgencyId, BeneficiaryId, NeedId, OfferId, ReferralId


@dataclass(frozen=True, slots=True)
class ReferralOrigin:
    """The need from which a referral began."""

    need_id: NeedId
    beneficiary_id: BeneficiaryId
    service_type: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An agency took the referral up, or confirmed that it does."""

    referral_id: ReferralId
    referral_version: int
    agency_id: AgencyId
    offer_id: OfferId
    for_assessment: bool
    happened_time: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """Nobody holds the referral any more: it was returned, or it reached a final state (`is_end`)."""

    referral_id: ReferralId
    referral_version: int
    happened_time: datetime
    is_end: bool = True


@dataclass(frozen=True, slots=True)
class HeldReferral:
    """A referral that an agency has taken up; `closed_time` is set when it no longer holds it, `ended_time`
    when the referral has ended.

    `referral_version` is that of the last fact it follows. `agency_id` is None where it ended unheld.
    """

    referral_id: ReferralId
    referral_version: int
    need_id: NeedId
    beneficiary_id: BeneficiaryId
    service_type: str
    agency_id: AgencyId | None = None
    offer_id: OfferId | None = None
    for_assessment: bool = False
    opened_time: datetime | None = None
    closed_time: datetime | None = None
    ended_time: datetime | None = None

    @property
    def purpose(self) -> str:
        """For what the holder may see data: it follows from what the person asked for."""
        return codes.purpose_of(self.service_type).code

    @property
    def is_restricted(self) -> bool:
        """Whether nothing that tells the kind of service may travel, the masks included."""
        return codes.service_type(self.service_type).restricted

    def is_held_by(self, agency_id: UUID | None) -> bool:
        """Whether this agency holds it now."""
        return self.closed_time is None and self.agency_id is not None and self.agency_id == agency_id


def follow(held: HeldReferral | None, fact: Acceptance | Release, origin: ReferralOrigin) -> HeldReferral:
    """What is known after one more fact; a fact that is older than what is known changes nothing."""
    if held is not None and fact.referral_version <= held.referral_version:
        return held
    if isinstance(fact, Acceptance):
        return _opened(held, fact, origin)
    if held is not None:
        return replace(
            held,
            referral_version=fact.referral_version,
            closed_time=held.closed_time or fact.happened_time,
            ended_time=fact.happened_time if fact.is_end else None,
        )
    return HeldReferral(
        referral_id=fact.referral_id,
        referral_version=fact.referral_version,
        need_id=origin.need_id,
        beneficiary_id=origin.beneficiary_id,
        service_type=origin.service_type,
        closed_time=fact.happened_time,
        ended_time=fact.happened_time if fact.is_end else None,
    )


def _opened(held: HeldReferral | None, fact: Acceptance, origin: ReferralOrigin) -> HeldReferral:
    is_same_offer = held is not None and held.offer_id == fact.offer_id and held.closed_time is None
    return HeldReferral(
        referral_id=fact.referral_id,
        referral_version=fact.referral_version,
        need_id=origin.need_id,
        beneficiary_id=origin.beneficiary_id,
        service_type=origin.service_type,
        agency_id=fact.agency_id,
        offer_id=fact.offer_id,
        for_assessment=fact.for_assessment,
        opened_time=held.opened_time if held is not None and is_same_offer else fact.happened_time,
    )
