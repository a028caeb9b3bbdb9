"""What has become of a consent: by its lines, by time, and by a freeze."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from kernel.vocabulary import LegalBasis
from services.intake.domain.cells import Grant, GrantEffect
from services.intake.domain.consent import ConsentEnding, ConsentGiver, ConsentMethod
from services.intake.domain.given_consent import (
    ConsentState,
    GivenConsent,
    GivenGrant,
    state_of,
    state_of_grant,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BEGUN, ENDS = NOW - timedelta(days=1), NOW + timedelta(days=1)
PERMIT, DENIAL = (
    GivenGrant(Grant(AgencyId(uuid4()), "SERVICE_HEALTH", 1, LegalBasis.CONSENT, effect))
    for effect in GrantEffect
)


def consent(*lines: GivenGrant, ended_as: ConsentEnding | None = None) -> GivenConsent:
    return GivenConsent(
        consent_id=ConsentId(uuid4()),
        beneficiary_id=BeneficiaryId(uuid4()),
        given_by=ConsentGiver.SELF,
        method=ConsentMethod.WRITTEN,
        notice_version="1",
        notice_language="el",
        spoken_language="ell",
        happened_time=BEGUN,
        recorded_time=BEGUN,
        valid_from_time=BEGUN,
        valid_until_time=ENDS,
        renews_consent_id=None,
        ended_as=ended_as,
        grants=lines,
    )


def closed(line: GivenGrant, state: ConsentState, minutes: int = 0) -> GivenGrant:
    return replace(line, closed_time=NOW + timedelta(minutes=minutes - 60), closed_as=state)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (BEGUN - timedelta(microseconds=1), ConsentState.NOT_YET),
        (BEGUN, ConsentState.IN_FORCE),
        (ENDS - timedelta(microseconds=1), ConsentState.IN_FORCE),
        (ENDS, ConsentState.EXPIRED),
    ],
)
def test_what_nothing_has_closed_begins_and_ends_by_its_period(now: datetime, state: ConsentState) -> None:
    given = consent(PERMIT)
    assert state_of(given, now, is_frozen=False) is state
    assert state_of_grant(given, PERMIT, now, is_frozen=False) is state


def test_a_freeze_holds_back_what_is_permitted_and_not_what_is_denied() -> None:
    both, denials = consent(DENIAL, PERMIT), consent(DENIAL)
    assert state_of(both, NOW, is_frozen=True) is ConsentState.FROZEN
    assert [state_of_grant(both, line, NOW, is_frozen=True) for line in both.grants] == [
        ConsentState.IN_FORCE,
        ConsentState.FROZEN,
    ]
    assert state_of(denials, NOW, is_frozen=True) is ConsentState.IN_FORCE
    assert state_of(both, ENDS, is_frozen=True) is ConsentState.EXPIRED


def test_a_consent_is_taken_back_once_no_permit_of_it_is_left() -> None:
    first = closed(PERMIT, ConsentState.WITHDRAWN)
    assert state_of(consent(first, PERMIT, DENIAL), NOW, is_frozen=False) is ConsentState.IN_FORCE
    assert state_of(consent(first, PERMIT, DENIAL), ENDS, is_frozen=False) is ConsentState.EXPIRED
    assert state_of(consent(first, first, DENIAL), NOW, is_frozen=False) is ConsentState.WITHDRAWN
    assert state_of(consent(first), ENDS, is_frozen=True) is ConsentState.WITHDRAWN, "also when it is over"


def test_what_was_closed_last_says_what_has_become_of_it() -> None:
    earlier = closed(PERMIT, ConsentState.WITHDRAWN, minutes=1)
    later = closed(PERMIT, ConsentState.OBJECTED, minutes=2)
    assert state_of(consent(later, earlier), NOW, is_frozen=False) is ConsentState.OBJECTED


def test_what_the_hub_has_ended_is_ended_although_its_denials_stay() -> None:
    given = consent(closed(PERMIT, ConsentState.INVALIDATED), DENIAL, ended_as=ConsentEnding.INVALIDATED)
    assert state_of(given, NOW, is_frozen=False) is ConsentState.INVALIDATED
    assert state_of_grant(given, DENIAL, NOW, is_frozen=False) is ConsentState.IN_FORCE


def test_a_consent_of_denials_ends_when_they_are_lifted() -> None:
    given = consent(closed(DENIAL, ConsentState.DENIAL_LIFTED))
    assert state_of(given, NOW, is_frozen=False) is ConsentState.DENIAL_LIFTED
