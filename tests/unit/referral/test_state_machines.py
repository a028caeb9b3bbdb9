"""Both state machines are tables; whatever they do not have is refused with a stable reason."""

import itertools

import pytest

from services.referral.domain.transitions import (
    FINAL_REFERRAL_STATES,
    HELD_STATES,
    OFFER_STEPS,
    REFERRAL_STEPS,
    IllegalTransition,
    OfferState,
    ReferralState,
    check_offer_step,
    check_referral_step,
)

R, O = ReferralState, OfferState  # noqa: E741 (a table is read by its letters)


def test_every_state_is_in_its_table() -> None:
    assert set(REFERRAL_STEPS) == set(R)
    assert set(OFFER_STEPS) == set(O)


def test_every_state_can_be_reached() -> None:
    assert set().union(*REFERRAL_STEPS.values()) | {R.MATCHING} == set(R)
    assert set().union(*OFFER_STEPS.values()) | {O.SENT} == set(O)


def test_final_states_stay_final() -> None:
    finals = {R.COMPLETED, R.NOT_COMPLETED, R.WITHDRAWN, R.CANCELLED, R.ENTERED_IN_ERROR}
    assert finals == FINAL_REFERRAL_STATES
    for final, following in itertools.product(finals, R):
        with pytest.raises(IllegalTransition) as refused:
            check_referral_step(final, following)
        assert refused.value.stable_reason == "ILLEGAL_TRANSITION"


def test_every_state_that_is_not_final_can_be_ended_by_person_and_staff() -> None:
    for state in set(R) - FINAL_REFERRAL_STATES:
        assert {R.WITHDRAWN, R.ENTERED_IN_ERROR} <= REFERRAL_STEPS[state]
        assert (R.CANCELLED in REFERRAL_STEPS[state]) == (state is not R.IN_SERVICE)


def test_a_service_that_has_begun_cannot_be_cancelled() -> None:
    with pytest.raises(IllegalTransition):
        check_referral_step(R.IN_SERVICE, R.CANCELLED)


def test_a_referral_must_be_accepted_before_the_service_begins() -> None:
    assert [state for state in R if R.IN_SERVICE in REFERRAL_STEPS[state]] == [R.ACCEPTED]


def test_only_what_somebody_took_up_can_be_completed_or_returned() -> None:
    assert [state for state in R if R.COMPLETED in REFERRAL_STEPS[state]] == [R.IN_SERVICE]
    assert {state for state in O if O.RETURNED in OFFER_STEPS[state]} == {
        O.ACCEPTED,
        O.ACCEPTED_FOR_ASSESSMENT,
    }
    assert all(R.MATCHING in REFERRAL_STEPS[state] for state in HELD_STATES)


def test_an_answered_offer_cannot_be_answered_again() -> None:
    for state in (O.DECLINED, O.EXPIRED, O.REVOKED, O.WAITLISTED, O.RETURNED):
        assert OFFER_STEPS[state] == frozenset()


def test_an_open_question_must_be_answered_before_an_offer_is_accepted() -> None:
    for following in (O.ACCEPTED, O.ACCEPTED_FOR_ASSESSMENT, O.WAITLISTED):
        with pytest.raises(IllegalTransition):
            check_offer_step(O.NEEDS_INFORMATION, following)
