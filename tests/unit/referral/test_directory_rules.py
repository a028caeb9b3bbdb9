"""What is refused when a service is saved."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kernel.codes import CapacityKind
from kernel.errors import Invalid
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import Eligibility, Service, once_each
from services.referral.domain.opening import OpeningHours
from services.referral.entrypoints.translate_directory import activity_of, agency_of, service_of
from tests.support.directory import service, service_id
from tools.sample_city_files import read_city


def refusal(one: Service) -> str:
    with pytest.raises(Invalid) as refused:
        one.check()
    return refused.value.stable_reason


@pytest.mark.parametrize(
    "changes",
    [
        {"service_type": "TEAPOT"},
        {"areas": ("ATHENS_99",)},
        {"languages": ("xxx",)},
        {"interpreter_languages": ("xxx",)},
        {"eligibility": Eligibility(("BAND_9",), (), (), "", False)},
        {"eligibility": Eligibility((), (), ("many",), "", False)},
        {"service_type": "DAY_CENTRE", "eligibility": Eligibility((), ("Q",), (), "", False)},
        {"service_type": "RENT_SUPPORT", "eligibility": Eligibility((), (), (), "RICH", False)},
    ],
)
def test_an_unknown_code_is_refused(changes: dict[str, Any]) -> None:
    assert refusal(service(**changes)) == "UNKNOWN_CODE"


def test_greek_lessons_may_not_choose_by_sex_or_status() -> None:
    assert refusal(service(eligibility=Eligibility((), ("F",), (), "", False))) == "SEX_RULE_NOT_ALLOWED"
    with_rule = Eligibility((), (), (), "LEGAL_RESIDENT", False)
    assert refusal(service(eligibility=with_rule)) == "STATUS_RULE_NOT_ALLOWED"


def test_proof_of_nothing_is_refused() -> None:
    assert refusal(service(eligibility=Eligibility((), (), (), "", True))) == "STATUS_RULE_MISSING"


def test_a_proof_that_must_last_but_is_not_asked_for_is_refused() -> None:
    rules = Eligibility((), (), (), "LEGAL_RESIDENT", False, status_proof_until_end=True)
    assert refusal(service(service_type="RENT_SUPPORT", eligibility=rules)) == "STATUS_PROOF_MISSING"
    kept = replace(rules, status_proof_needed=True)
    service(service_type="RENT_SUPPORT", eligibility=kept).check()


def test_a_believable_service_is_taken() -> None:
    service().check()
    replace(service(), service_type="DAY_CENTRE", eligibility=Eligibility((), ("F",), (), "", False)).check()


def test_places_are_a_number_or_unlimited_and_not_both() -> None:
    for kind, places in ((CapacityKind.UNLIMITED, 3), (CapacityKind.PLACES, -1)):
        with pytest.raises(Invalid):
            DeclaredCapacity(kind, places)


def test_opening_hours_begin_before_they_end() -> None:
    with pytest.raises(Invalid):
        OpeningHours(1, 600, 600)


def test_one_request_names_each_service_once() -> None:
    with pytest.raises(Invalid) as refused:
        once_each([service_id(1), service_id(2), service_id(1)], "service")
    assert refused.value.stable_reason == "NAMED_TWICE"


def test_the_whole_sample_city_keeps_the_rules() -> None:
    city = read_city(date(2026, 3, 4))
    for agency in city.agencies:
        agency_of(agency).check()
    for listed in city.services:
        service_of(listed).check()
    for activity in city.activities:
        activity_of(activity).check()
