"""Whether help comes as soon to some as to others: what is counted, and what is withheld."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kernel.withholding import FEW, OTHERS, folded, withheld
from services.intake.adapters.postgres_fairness import NeedToCount
from services.intake.domain.beneficiary import Absence
from services.intake.domain.fairness import (
    UNKNOWN,
    CountedNeed,
    Dimension,
    FairnessCount,
    Group,
    Pace,
    PaceClass,
    PacedOffer,
    pace_class,
)
from services.intake.domain.person_profile import profile_of
from services.intake.use_cases.make_fairness_report import _counted
from tests.support.people import invented_person

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
RECORDED = NOW - timedelta(days=3)
STRICT, KIND = (UUID(int=number) for number in (1, 2))


def need(language: str, *, hours: float | None = None, taken: bool = False, **pace: Any) -> CountedNeed:
    if hours is not None:
        pace["first_offer_time"] = RECORDED + timedelta(hours=hours)
        pace["accepted_time"] = RECORDED + timedelta(hours=hours + 20) if taken else None
    return CountedNeed({Dimension.LANGUAGE: language}, "GREEK_A1", RECORDED, Pace(**pace))


def test_who_has_not_told_of_a_language_or_the_household_is_counted_as_not_known() -> None:
    recorded = NeedToCount(UUID(int=3), UUID(int=4), "GREEK_A1", "NORMAL", RECORDED)
    silent = profile_of(
        invented_person(languages=(), languages_absence=Absence.REFUSED, household_absence=Absence.REFUSED)
    )
    groups = _counted(recorded, {recorded.beneficiary_id: silent}, {}).groups
    assert (groups[Dimension.LANGUAGE], groups[Dimension.HOUSEHOLD_BAND]) == (UNKNOWN, UNKNOWN)
    alone = profile_of(invented_person())
    groups = _counted(recorded, {recorded.beneficiary_id: alone}, {}).groups
    assert (groups[Dimension.LANGUAGE], groups[Dimension.HOUSEHOLD_BAND]) == ("ara", "1")


def rows(*needs: tuple[int, CountedNeed]) -> dict[str, Group]:
    count = FairnessCount()
    for times, one in needs:
        for _ in range(times):
            count.count(one, NOW)
    return {group.group: group for group in count.table(Dimension.LANGUAGE)}


def test_each_group_is_told_with_how_soon_it_was_offered_taken_up_and_how_long_it_waits() -> None:
    found = rows(
        (30, need("ara", hours=2, taken=True)),
        (10, need("ara", hours=30)),
        (20, need("fra", hours=70, taken=True)),
        (10, need("fra")),
    )
    assert list(found) == ["ara", "fra"]
    arabic, french = found["ara"], found["fra"]
    assert (arabic.needs, arabic.offered, arabic.accepted, arabic.waiting) == (40, 40, 30, 10)
    assert (arabic.time_to_offer, arabic.time_to_acceptance) == (PaceClass.FOUR_HOURS, PaceClass.DAY)
    assert (french.offered, french.time_to_offer) == (20, PaceClass.FOUR_DAYS)
    assert (french.waiting, french.time_waiting) == (10, PaceClass.FOUR_DAYS)


def test_what_ended_without_a_provider_neither_waits_nor_was_taken_up() -> None:
    found = rows((8, need("ara", closed_time=NOW)), (8, need("ara")))
    assert (found["ara"].waiting, found["ara"].accepted) == (8, 0)


def test_declines_are_held_against_those_of_others_at_the_same_agencies() -> None:
    def asked(language: str, agency: UUID, *, declines: bool) -> CountedNeed:
        return need(language, offers=[PacedOffer(agency, declines)])

    found = rows(
        (20, asked("ara", STRICT, declines=True)),
        (20, asked("ara", STRICT, declines=False)),
        (10, asked("fra", STRICT, declines=True)),
        (30, asked("fra", STRICT, declines=False)),
        (10, asked("fra", KIND, declines=False)),
    )
    assert (found["ara"].answered, found["ara"].declined, found["ara"].expected_declined) == (40, 20, 10)
    assert (found["fra"].answered, found["fra"].declined, found["fra"].expected_declined) == (40, 10, 20), (
        "nobody else was offered to the kind agency: of that nothing follows"
    )


def test_a_group_of_few_is_told_together_with_another_so_that_nobody_can_subtract_it() -> None:
    found = rows((40, need("ara")), (9, need("fra")), (2, need("tir")))
    assert {name: group.needs for name, group in found.items()} == {"ara": 40, OTHERS: 11}


def test_a_single_small_figure_is_not_found_by_subtracting_the_others_from_the_sum() -> None:
    found = rows(
        (40, need("ara", hours=1)),
        (3, need("fra", hours=1)),
        (10, need("fra")),
        (9, need("eng", hours=1)),
        (9, need("eng")),
    )
    assert found["fra"].offered is None
    assert found["fra"].time_to_offer is None
    assert [group.offered for group in found.values()].count(None) > 1


def test_of_what_nobody_says_the_group_is_unknown() -> None:
    assert list(rows((6, CountedNeed({}, "GREEK_A1", RECORDED, Pace())))) == ["UNKNOWN"]


@pytest.mark.parametrize(
    ("hours", "name"), [(0.9, "HOUR"), (1, "FOUR_HOURS"), (23.9, "DAY"), (671, "FOUR_WEEKS"), (672, "LONGER")]
)
def test_lengths_of_time_are_told_by_classes(hours: float, name: str) -> None:
    assert pace_class(timedelta(hours=hours)) is PaceClass(name)


@given(some.dictionaries(some.text("abcdef", min_size=1, max_size=2), some.integers(1, 30), max_size=6))
def test_no_group_is_few_and_none_that_is_told_as_one_stands_alone(sizes: dict[str, int]) -> None:
    names = folded(sizes)
    together = [group for group, name in names.items() if name == OTHERS]
    assert all(sizes[group] >= FEW for group, name in names.items() if name != OTHERS)
    if together and len(together) < len(sizes):
        assert len(together) > 1
        assert sum(sizes[group] for group in together) >= FEW


@given(some.lists(some.tuples(some.integers(0, 9), some.integers(0, 9)), min_size=1, max_size=4))
def test_nobody_who_knows_the_sum_works_out_a_figure_that_is_withheld(
    parts: Sequence[tuple[int, int]],
) -> None:
    """By trying everything that the reader could think of: the wholes and the sum are known."""
    figures, wholes = [part for part, _ in parts], [sum(one) for one in parts]
    missing = [whole - figure for whole, figure in zip(wholes, figures, strict=True)]
    hidden = withheld(wholes, figures, missing)
    for place, (figure, rest) in enumerate(zip(figures, missing, strict=True)):
        assert place in hidden or (not 0 < figure < FEW and not 0 < rest < FEW)
    if len(hidden) in (0, len(figures)):
        return
    places = sorted(hidden)
    rest_of_sum = sum(figures[place] for place in places)
    thinkable = [
        guess
        for guess in product(*(range(wholes[place] + 1) for place in places))
        if sum(guess) == rest_of_sum
    ]
    for number, place in enumerate(places):
        if 0 < figures[place] < FEW or 0 < missing[place] < FEW:
            assert len({guess[number] for guess in thinkable}) > 1
