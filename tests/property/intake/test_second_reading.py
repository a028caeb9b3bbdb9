"""What is given follows from the cells; what was signed, read again without cells, says the same."""

from tests.support.consent_cases import by_the_records, by_the_rules, cases

COUNT = 20_000


def test_both_readings_of_consent_agree_and_each_answer_comes_up() -> None:
    answers = [(by_the_rules(case), by_the_records(case)) for case in cases(seed=5, count=COUNT)]
    assert sum(rules != records for rules, records in answers) == 0
    assert sum(rules != 0 for rules, _ in answers) > COUNT // 10
