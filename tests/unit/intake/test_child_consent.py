"""Who may permit something for somebody under 18."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from kernel.errors import KemError, RuleBroken
from services.intake.domain.age_rules import AgeRule
from services.intake.domain.beneficiary import Absence, Birth, Guardian
from services.intake.domain.cells import GrantEffect
from services.intake.domain.child_consent import (
    authority_end,
    check_authority_end,
    check_child_consent,
    full_age_date,
)
from services.intake.domain.consent import ConsentGiver
from tests.support.consented_people import grant, record_of

TODAY = date(2026, 3, 2)
RULES = [AgeRule(0, 6, False, False, "source"), AgeRule(6, 18, False, True, "source")]
PARENT = Guardian("Mariam", "PARENT")
GUARDIAN = Guardian("Eleni", "GUARDIAN", "ΕΙΣ-7", date(2026, 3, 2))
BY_PARENT = {"given_by": ConsentGiver.PARENT, "authority_reference": "ΛΗΞ-12"}
BY_GUARDIAN = {"given_by": ConsentGiver.GUARDIAN, "authority_reference": "ΕΙΣ-7"}


def _refused(age: int, guardian: Guardian | None, **changes: object) -> str | None:
    """The reason why consent for somebody of that age is refused; None where it stands."""
    try:
        birth = Birth(date(TODAY.year - age, 3, 2))
        check_child_consent(record_of(grant(uuid4()), **changes), birth, guardian, RULES, TODAY)
    except KemError as refusal:
        return refusal.stable_reason
    return None


@pytest.mark.parametrize("age", [0, 5, 6, 14, 15, 17])
def test_nobody_under_18_permits_alone(age: int) -> None:
    assert _refused(age, PARENT, child_assents=True) == "CHILD_CANNOT_CONSENT_ALONE"


def test_somebody_of_18_permits_alone() -> None:
    assert _refused(18, None) is None


def test_somebody_whose_age_is_not_known_is_not_taken_for_a_child() -> None:
    unknown = Birth(absence=Absence.UNKNOWN)
    check_child_consent(record_of(grant(uuid4())), unknown, None, RULES, TODAY)


@pytest.mark.parametrize(
    ("age", "reason"), [(5, None), (6, "CHILD_ASSENT_MISSING"), (17, "CHILD_ASSENT_MISSING")]
)
def test_from_six_on_the_child_is_asked_too(age: int, reason: str | None) -> None:
    assert _refused(age, PARENT, **BY_PARENT) == reason
    assert _refused(age, PARENT, **BY_PARENT, child_assents=True) is None


@pytest.mark.parametrize("giver", sorted(set(ConsentGiver) - {ConsentGiver.SELF}))
def test_whoever_decides_for_a_child_names_the_paper_that_allows_it(giver: ConsentGiver) -> None:
    guardian = Guardian("Eleni", giver.value, "ΕΙΣ-7")
    assert _refused(9, guardian, given_by=giver, child_assents=True) == "AUTHORITY_REFERENCE_MISSING"
    assert _refused(9, guardian, given_by=giver, child_assents=True, authority_reference="ΕΙΣ-7") is None


@pytest.mark.parametrize(
    "guardian", [None, PARENT, Guardian("", "NOT_APPOINTED"), Guardian("Ali", "CAREGIVER")]
)
def test_a_guardian_whom_the_child_s_record_does_not_name_decides_nothing(guardian: Guardian | None) -> None:
    assert _refused(9, guardian, **BY_GUARDIAN, child_assents=True) == "GUARDIAN_NOT_ON_RECORD"


def test_a_guardian_whose_order_has_ended_decides_nothing() -> None:
    assert _refused(9, GUARDIAN, **BY_GUARDIAN, child_assents=True) is None
    ended = Guardian("Eleni", "GUARDIAN", "ΕΙΣ-7", date(2026, 3, 1))
    assert _refused(9, ended, **BY_GUARDIAN, child_assents=True) == "GUARDIAN_AUTHORITY_EXPIRED"


def test_a_child_may_always_forbid() -> None:
    record = record_of(grant(uuid4(), effect=GrantEffect.DENY))
    check_child_consent(record, Birth(date(2014, 3, 2)), None, RULES, TODAY)


def test_by_other_rules_somebody_younger_permits_alone() -> None:
    rules = [AgeRule(0, 16, False, True, "source"), AgeRule(16, 18, True, True, "source")]
    record = record_of(grant(uuid4()))
    check_child_consent(record, Birth(date(TODAY.year - 16, 3, 2)), None, rules, TODAY)
    with pytest.raises(KemError, match="under 18"):
        check_child_consent(record, Birth(date(TODAY.year - 15, 3, 2)), None, rules, TODAY)


@pytest.mark.parametrize(
    ("born", "of_age"), [(date(2009, 5, 6), date(2027, 5, 6)), (date(2008, 2, 29), date(2026, 3, 1))]
)
def test_what_others_permit_for_a_child_ends_on_the_18th_birthday(born: date, of_age: date) -> None:
    assert full_age_date(born) == of_age
    midnight = datetime.combine(of_age, time(), tzinfo=ZoneInfo("Europe/Athens"))
    by_parent: dict[str, Any] = {**BY_PARENT, "child_assents": True}
    today = date(2026, 2, 1)
    inside = record_of(grant(uuid4()), **by_parent, valid_until_time=midnight)
    check_child_consent(inside, Birth(born), PARENT, RULES, today)
    beyond = record_of(grant(uuid4()), **by_parent, valid_until_time=midnight + timedelta(seconds=1))
    with pytest.raises(RuleBroken) as refusal:
        check_child_consent(beyond, Birth(born), PARENT, RULES, today)
    assert refusal.value.stable_reason == "CONSENT_BEYOND_MAJORITY"
    assert str(of_age.year) not in f"{refusal.value} {refusal.value.metadata}", "it would tell the birth date"


def test_nobody_permits_for_longer_than_they_may_decide() -> None:
    last_day = date(2026, 5, 6)
    midnight = datetime(2026, 5, 7, tzinfo=ZoneInfo("Europe/Athens"))
    check_authority_end(record_of(grant(uuid4()), valid_until_time=midnight), last_day)
    check_authority_end(record_of(grant(uuid4()), valid_until_time=midnight + timedelta(days=9)), None)
    beyond: dict[str, Any] = {"valid_until_time": midnight + timedelta(seconds=1)}
    check_authority_end(record_of(grant(uuid4(), effect=GrantEffect.DENY), **beyond), last_day)
    with pytest.raises(RuleBroken) as refusal:
        check_authority_end(record_of(grant(uuid4()), **beyond), last_day)
    assert refusal.value.stable_reason == "CONSENT_BEYOND_AUTHORITY"


def test_the_earlier_of_two_ends_of_an_authority_counts() -> None:
    said: dict[str, Any] = {"authority_expires_date": date(2026, 6, 1)}
    assert authority_end(record_of(grant(uuid4()), **BY_GUARDIAN, **said), GUARDIAN) == date(2026, 3, 2)
    assert authority_end(record_of(grant(uuid4()), **BY_GUARDIAN), GUARDIAN) == date(2026, 3, 2)
    assert authority_end(record_of(grant(uuid4()), **BY_PARENT, **said), GUARDIAN) == date(2026, 6, 1)
    assert authority_end(record_of(grant(uuid4())), None) is None
    parent = Guardian("Mariam", "PARENT", "ΛΗΞ-12", date(2026, 4, 1))
    assert authority_end(record_of(grant(uuid4()), **BY_PARENT), parent) == date(2026, 4, 1)
