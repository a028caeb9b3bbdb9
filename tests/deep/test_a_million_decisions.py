"""The two readings of consent, as often as the design asks for it."""

import os
from concurrent.futures import ProcessPoolExecutor

from tests.support.consent_cases import by_the_records, by_the_rules, cases

SEEDS = range(100)
EACH = 10_000


def differences(seed: int) -> tuple[int, int]:
    """How often they differ in the cases of a seed, and how often something was given."""
    answers = [(by_the_rules(case), by_the_records(case)) for case in cases(seed, EACH)]
    return sum(a != b for a, b in answers), sum(a != 0 for a, _ in answers)


def test_in_a_million_random_cases_both_readings_agree() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(differences, SEEDS))
    assert len(found) * EACH == 1_000_000
    assert sum(differ for differ, _ in found) == 0
    assert sum(given for _, given in found) > 100_000
