"""Who holds a referral: opened by acceptance, closed by a return or an end, unmoved by what comes late."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from kernel.ids import AgencyId, BeneficiaryId, NeedId, OfferId, ReferralId
from services.intake.domain.held_referral import Acceptance, HeldReferral, ReferralOrigin, Release, follow

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
REFERRAL = ReferralId(UUID(int=1))
A, B = AgencyId(UUID(int=2)), AgencyId(UUID(int=3))
COURSE = ReferralOrigin(NeedId(UUID(int=4)), BeneficiaryId(UUID(int=5)), "GREEK_A1")
SHELTER = ReferralOrigin(NeedId(UUID(int=4)), BeneficiaryId(UUID(int=5)), "GBV_SHELTER")


def accepted(
    version: int,
    agency_id: AgencyId = A,
    offer: int = 1,
    *,
    for_assessment: bool = False,
) -> Acceptance:
    time = NOW + timedelta(minutes=version)
    return Acceptance(REFERRAL, version, agency_id, OfferId(UUID(int=offer)), for_assessment, time)


def released(version: int) -> Release:
    return Release(REFERRAL, version, NOW + timedelta(minutes=version))


def after(*facts: Acceptance | Release, origin: ReferralOrigin = COURSE) -> HeldReferral:
    held: HeldReferral | None = None
    for fact in facts:
        held = follow(held, fact, origin)
    assert held is not None
    return held


def test_an_acceptance_makes_the_agency_the_holder() -> None:
    held = after(accepted(3))
    assert held.is_held_by(A)
    assert not held.is_held_by(B)
    assert not held.is_held_by(None)


def test_a_confirmed_assessment_keeps_its_beginning() -> None:
    held = after(accepted(3, for_assessment=True), accepted(4))
    assert (held.for_assessment, held.opened_time) == (False, accepted(3).happened_time)


def test_nobody_holds_what_was_returned_until_somebody_accepts_again() -> None:
    assert not after(accepted(3), released(4)).is_held_by(A)
    held = after(accepted(3), released(4), accepted(6, B, offer=2))
    assert held.is_held_by(B)
    assert held.opened_time == accepted(6).happened_time


@pytest.mark.parametrize("order", [(released(5), accepted(4)), (accepted(4), released(5), accepted(4))])
def test_what_comes_late_or_twice_changes_nothing(order: tuple[Acceptance | Release, ...]) -> None:
    assert not after(*order).is_held_by(A)


def test_a_referral_may_end_without_having_been_held() -> None:
    held = after(released(2))
    assert (held.agency_id, held.closed_time) == (None, released(2).happened_time)


def test_purpose_and_secrecy_follow_from_what_the_person_asked_for() -> None:
    course, shelter = after(accepted(3)), after(accepted(3), origin=SHELTER)
    assert (course.purpose, course.is_restricted) == ("SERVICE_EDUCATION", False)
    assert (shelter.purpose, shelter.is_restricted) == ("SERVICE_PROTECTION", True)
