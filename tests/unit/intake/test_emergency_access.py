"""What an emergency access allows, for how long, and who decides on it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from chassis.access import Access, decide
from chassis.caller import SECOND_FACTOR, Caller
from kernel import codes
from kernel.errors import Invalid, NotPermitted, RuleBroken
from kernel.ids import ReferralId
from services.access.domain import roles
from services.intake.domain.cells import GrantEffect
from services.intake.domain.emergency_access import (
    AccessState,
    EmergencyAccess,
    EmergencyRefusal,
    given_by_emergency,
    valid_for,
)
from tests.unit.intake.test_handover import AGENCY, NOW, PERSON, PURPOSE, agreement, cell

NAME, HEALTH = codes.mask(["NAME"]), codes.mask(["HEALTH"])
ALLOWED = EmergencyAccess(
    uuid4(),
    ReferralId(uuid4()),
    PERSON,
    "EMERGENCY_SHELTER",
    AGENCY,
    AGENCY,
    NAME | HEALTH,
    b"sealed",
    uuid4(),
    NOW,
    AccessState.AUTHORISED,
    NAME | HEALTH,
    uuid4(),
    NOW + timedelta(hours=4),
)
COVERED = agreement(NAME | HEALTH)


def test_what_was_allowed_is_given_without_any_consent() -> None:
    assert given_by_emergency(ALLOWED, PURPOSE, COVERED, [], NOW) == NAME | HEALTH


def test_whom_the_person_has_excluded_stays_excluded_for_whatever_purpose_they_said_it() -> None:
    never = cell(HEALTH, GrantEffect.DENY, purpose="SERVICE_LEGAL")
    assert given_by_emergency(ALLOWED, PURPOSE, COVERED, [never], NOW) == NAME
    nothing = cell(NAME | HEALTH, GrantEffect.DENY)
    refusal = given_by_emergency(ALLOWED, PURPOSE, COVERED, [nothing], NOW)
    assert refusal is EmergencyRefusal.EXCLUDED_BY_PERSON


def test_a_denial_that_has_ended_excludes_nobody() -> None:
    ended = cell(HEALTH, GrantEffect.DENY, valid_until_time=NOW)
    assert given_by_emergency(ALLOWED, PURPOSE, COVERED, [ended], NOW) == NAME | HEALTH


def test_without_an_agreement_nothing_is_given_and_never_more_than_it_covers() -> None:
    assert given_by_emergency(ALLOWED, PURPOSE, None, [], NOW) is EmergencyRefusal.NO_AGREEMENT
    assert given_by_emergency(ALLOWED, PURPOSE, agreement(NAME), [], NOW) == NAME


def test_its_time_has_an_end_and_before_a_decision_there_is_none() -> None:
    last = NOW + timedelta(hours=4)
    assert given_by_emergency(ALLOWED, PURPOSE, COVERED, [], last) is EmergencyRefusal.ACCESS_NOT_IN_FORCE
    asked = replace(ALLOWED, state=AccessState.REQUESTED, valid_until_time=None)
    assert given_by_emergency(asked, PURPOSE, COVERED, [], NOW) is EmergencyRefusal.ACCESS_NOT_IN_FORCE


def test_whoever_asked_does_not_decide_and_a_decision_is_made_once() -> None:
    asked = replace(ALLOWED, state=AccessState.REQUESTED)
    with pytest.raises(NotPermitted) as refusal:
        asked.check_decision(asked.requested_by_id, 0)
    assert refusal.value.stable_reason == "AUTHORISER_INVOLVED"
    assert asked.check_decision(uuid4(), 0) == NAME | HEALTH
    assert asked.check_decision(uuid4(), HEALTH) == HEALTH
    with pytest.raises(Invalid):
        asked.check_decision(uuid4(), codes.mask(["FAMILY"]))
    with pytest.raises(RuleBroken):
        ALLOWED.check_decision(uuid4(), 0)


@pytest.mark.parametrize(("minutes", "lasts"), [(0, 240), (15, 15), (1440, 1440)])
def test_it_lasts_four_hours_unless_said_otherwise(minutes: int, lasts: int) -> None:
    assert valid_for(minutes) == timedelta(minutes=lasts)


@pytest.mark.parametrize("minutes", [1, 14, 1441, -5])
def test_no_access_is_for_a_moment_or_for_days(minutes: int) -> None:
    with pytest.raises(Invalid):
        valid_for(minutes)


def test_a_second_factor_means_the_same_at_every_door_and_where_people_sign_in() -> None:
    assert SECOND_FACTOR == roles.SECOND_FACTOR
    table = {"/x": Access(roles=frozenset({"dpo"}), second_factor=True)}
    strong = Caller(uuid4(), None, frozenset({"dpo"}), "", SECOND_FACTOR, "test")
    decide("/x", strong, table)
    with pytest.raises(NotPermitted) as refusal:
        decide("/x", replace(strong, acr="pwd"), table)
    assert refusal.value.stable_reason == "SECOND_FACTOR_NEEDED"
