"""Who may say who follows a case, and how many needs a page of cases has."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from kernel.errors import Invalid, NotPermitted
from kernel.ids import AgencyId, BeneficiaryId, NeedId, PrincipalId, ReferralId
from kernel.vocabulary import Origin, Routing, Urgency
from services.intake.domain.case_workers import Case, CaseWorkers, SetWorkers, check_may_set, with_needs
from services.intake.domain.need import Need

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WORKER, DEPUTY = PrincipalId(UUID(int=1)), PrincipalId(UUID(int=2))


def case(number: int, *others: int) -> Case:
    record = BeneficiaryId(UUID(int=number))
    records = (record, *(BeneficiaryId(UUID(int=other)) for other in others))
    return Case(record, SetWorkers(record, CaseWorkers(WORKER), NOW), records)


def needs(number: int, count: int) -> list[Need]:
    return [
        Need(
            need_id=NeedId(uuid4()),
            referral_id=ReferralId(uuid4()),
            beneficiary_id=BeneficiaryId(UUID(int=number)),
            sender_agency_id=AgencyId(uuid4()),
            service_type="GREEK_A1",
            urgency=Urgency.NORMAL,
            routing=Routing.HOLD,
            origin=Origin.KEM_DESK,
            happened_time=NOW,
            recorded_time=NOW,
        )
        for _ in range(count)
    ]


def shown(cases: list[Case], found: list[Need], most: int) -> list[tuple[int, int, bool]]:
    """Of each case its number, how many needs, and whether there are more."""
    return [
        (one.beneficiary_id.int, len(one.needs), one.has_more_needs) for one in with_needs(cases, found, most)
    ]


def test_nobody_is_their_own_deputy() -> None:
    with pytest.raises(Invalid) as refusal:
        CaseWorkers(WORKER, WORKER)
    assert refusal.value.stable_reason == "DEPUTY_IS_CASEWORKER"


@pytest.mark.parametrize("role", ["caseworker", "agency_member", "child_protection_officer"])
def test_the_caseworker_and_a_supervisor_say_who_follows_a_case_and_a_deputy_does_not(role: str) -> None:
    followed = [SetWorkers(BeneficiaryId(uuid4()), CaseWorkers(WORKER, DEPUTY), NOW)]
    check_may_set(WORKER, {role}, followed)
    check_may_set(DEPUTY, {role, "supervisor"}, followed)
    check_may_set(DEPUTY, {"supervisor"}, [])
    check_may_set(DEPUTY, {"agency_admin"}, followed)
    for stranger, known in ((DEPUTY, followed), (PrincipalId(uuid4()), followed), (WORKER, [])):
        with pytest.raises(NotPermitted) as refusal:
            check_may_set(stranger, {role}, known)
        assert refusal.value.stable_reason == "CASEWORKER_NEEDED"


def test_a_page_has_as_many_whole_cases_as_have_no_more_needs_than_it_may_have() -> None:
    cases = [case(1), case(2), case(3), case(4)]
    found = [*needs(1, 3), *needs(3, 2)]
    assert shown(cases, found, 5) == [(1, 3, False), (2, 0, False), (3, 2, False), (4, 0, False)]
    assert shown(cases, found, 4) == [(1, 3, False), (2, 0, False)]
    assert shown(cases, found, 3) == [(1, 3, False), (2, 0, False)]


def test_a_case_with_more_needs_than_a_page_may_have_is_a_page_of_its_own_and_says_so() -> None:
    assert shown([case(1), case(2)], needs(1, 3), 2) == [(1, 2, True)]
    assert shown([case(1), case(2)], [*needs(1, 1), *needs(2, 2)], 2) == [(1, 1, False)]
    assert shown([case(1)], needs(1, 2), 2) == [(1, 2, False)]


def test_what_stands_on_another_record_of_the_person_is_the_persons() -> None:
    assert shown([case(1, 9), case(2)], [*needs(9, 2), *needs(2, 1)], 5) == [(1, 2, False), (2, 1, False)]
