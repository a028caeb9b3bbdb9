"""Who may permit something for somebody under 18."""

from datetime import date
from uuid import uuid4

import pytest

from kernel.errors import KemError
from services.intake.domain.beneficiary import Absence, Birth, Guardian
from services.intake.domain.cells import GrantEffect
from services.intake.domain.child_consent import CHILD_RULES, check_child_consent
from services.intake.domain.consent import ConsentGiver
from tests.support.consented_people import grant, record_of

TODAY = date(2026, 3, 2)
PARENT = Guardian("Mariam", "PARENT")
GUARDIAN = Guardian("Eleni", "GUARDIAN", "ΕΙΣ-7", date(2026, 3, 2))
BY_PARENT = {"given_by": ConsentGiver.PARENT, "authority_reference": "ΛΗΞ-12"}
BY_GUARDIAN = {"given_by": ConsentGiver.GUARDIAN, "authority_reference": "ΕΙΣ-7"}


def _refused(age: int, guardian: Guardian | None, **changes: object) -> str | None:
    """The reason why consent for somebody of that age is refused; None where it stands."""
    try:
        birth = Birth(date(TODAY.year - age, 3, 2))
        check_child_consent(record_of(grant(uuid4()), **changes), birth, guardian, TODAY)
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
    check_child_consent(record_of(grant(uuid4())), unknown, None, TODAY)


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
    check_child_consent(record, Birth(date(2014, 3, 2)), None, TODAY)


def test_each_rule_names_its_source() -> None:
    assert all(rule.source for rule in CHILD_RULES.values())
