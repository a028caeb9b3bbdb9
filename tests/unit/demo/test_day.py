"""The demo's people and answers are like a city's: plausible, and a short day lacks nothing."""

from collections import Counter
from datetime import date

from kem.directory.v1.directory_pb2 import Eligibility
from kernel import codes
from kernel.vocabulary import band_of
from tools.demo.agency import CityAnswers
from tools.demo.people import City

TODAY = date(2026, 11, 25)
CHILDREN = ["BAND_6_11", "BAND_12_14", "BAND_15_17"]
OFFERED = {
    "SCHOOL_ENROLMENT": [Eligibility(age_bands=CHILDREN)],
    "CHILD_BENEFIT": [Eligibility(status_rule="LEGAL_RESIDENT", status_proof_needed=True)],
    "FOOD": [Eligibility()],
}


def test_most_people_ask_for_what_is_meant_for_their_age_and_legal_status() -> None:
    city = City(3, OFFERED, TODAY)
    fits: Counter[bool] = Counter()
    for _ in range(600):
        person = city.next_person()
        born = date.fromisoformat(person.beneficiary.birth.date)
        is_at_school = band_of((TODAY - born).days // 365) in CHILDREN
        is_resident = person.beneficiary.legal_status in codes.STATUS_FAMILIES["LEGAL_RESIDENT"].accepts
        for need in person.needs:
            if need.service_type == "SCHOOL_ENROLMENT":
                fits[is_at_school] += 1
            elif need.service_type == "CHILD_BENEFIT":
                fits[is_resident and bool(person.beneficiary.documents)] += 1
    assert 0 < fits[False] < fits[True] / 4


def test_the_same_seed_plays_the_same_needs() -> None:
    first, second = City(5, OFFERED, TODAY), City(5, OFFERED, TODAY)
    assert [first.next_person().needs for _ in range(50)] == [second.next_person().needs for _ in range(50)]


def test_a_short_day_has_every_kind_of_answer_as_often_as_its_weight() -> None:
    answers = CityAnswers()
    weights = {"accept": 50.0, "decline": 15.0, "silent": 22.0, "waitlist": 8.0, "ask": 5.0}
    found = Counter(answers.draw(weights) for _ in range(40))
    assert {kind: abs(found[kind] - 0.4 * weight) <= 1 for kind, weight in weights.items()} == dict.fromkeys(
        weights, True
    )


def test_an_answer_without_weight_never_comes() -> None:
    answers = CityAnswers()
    assert "ask" not in {answers.draw({"accept": 1.0, "ask": 0.0}) for _ in range(20)}
