"""Sums for coordinators: of what they are told, under which names, and what is withheld."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kernel import codes
from kernel.codes import Role
from kernel.errors import Invalid
from kernel.withholding import FEW
from services.referral.domain.report import (
    Named,
    PaceCount,
    Period,
    Scope,
    WaitCount,
    letters,
    masks,
    pace_figures,
    sees_the_whole,
    total_told,
    wait_figures,
)

OWN = UUID(int=7)


def test_a_period_is_days_in_athens_with_both_its_ends() -> None:
    period = Period(date(2026, 3, 1), date(2026, 3, 31))
    assert period.from_time.astimezone(UTC) == datetime(2026, 2, 28, 22, tzinfo=UTC)
    assert period.until_time.astimezone(UTC) == datetime(2026, 3, 31, 21, tzinfo=UTC), "clocks have changed"
    assert Period(date(2026, 3, 1), date(2026, 3, 1)).until_time > period.from_time


@pytest.mark.parametrize(
    ("from_day", "until_day"),
    [
        (date(2026, 3, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2031, 3, 8)),
        (date.min, date.min),
        (date.max, date.max),
    ],
)
def test_a_period_that_ends_before_it_begins_or_never_or_of_another_age_is_refused(
    from_day: date, until_day: date
) -> None:
    with pytest.raises(Invalid) as refusal:
        Period(from_day, until_day)
    assert refusal.value.stable_reason == "PERIOD_INVALID"


def test_nobody_is_told_of_restricted_types_and_a_committee_of_its_own_ones_only() -> None:
    whole, restricted = Scope.whole(), {one.code for one in codes.SERVICE_TYPES.values() if one.restricted}
    assert restricted
    assert set(whole.sector_of) == set(codes.SERVICE_TYPES) - restricted
    assert whole.own_agency_id is None
    gender = Scope.of_committee("gender", OWN)
    assert gender.sector_of == {"WOMENS_SPACE": "COMMUNITY"}, "of one sector not every type is theirs"
    assert (gender.own_agency_id, gender.committee, whole.committee) == (OWN, "gender", "")
    told = [set(Scope.of_committee(one, OWN).sector_of) for one in codes.COMMITTEES]
    assert sum(map(len, told)) == len(whole.sector_of), "each type is one committee's"


@pytest.mark.parametrize(
    ("role", "is_of_kem", "is_whole"),
    [
        (Role.COMMITTEE_COORDINATOR, True, False),
        (Role.ACCMR_OFFICER, False, True),
        (Role.DPO, False, True),
        (Role.SUPERVISOR, True, True),
        (Role.SUPERVISOR, False, False),
    ],
)
def test_officers_and_supervisors_of_kem_are_told_of_everything(
    role: Role, is_of_kem: bool, is_whole: bool
) -> None:
    assert sees_the_whole({role}, is_of_kem=is_of_kem) is is_whole


def test_the_own_agency_comes_first_by_its_id_and_others_by_letters() -> None:
    ids = [str(UUID(int=number)) for number in (9, 7, 8)]
    assert masks(ids, OWN) == {
        ids[1]: Named(ids[1]),
        ids[0]: Named("A", is_masked=True),
        ids[2]: Named("B", is_masked=True),
    }
    assert next(iter(masks(ids, OWN))) == ids[1]
    assert masks(ids[:1], OWN) == {ids[0]: Named("A", is_masked=True)}
    assert [letters(place) for place in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def test_a_sum_of_few_is_not_told() -> None:
    assert [total_told(number) for number in (0, 1, 4, 5, 80)] == [0, None, None, 5, 80]


def pace(offers: int, taken: int = 0, declined: int = 0, expired: int = 0) -> PaceCount:
    return PaceCount(offers, taken + declined, taken, expired, 3600.4, 7200.0)


def test_offers_are_told_with_their_answers_where_none_of_them_are_few() -> None:
    [row] = pace_figures([pace(40, taken=20, declined=10, expired=5)])
    assert row == {
        "offers": 40,
        "answered": 30,
        "taken_up": 20,
        "expired": 5,
        "half_within_seconds": 3600,
        "nine_of_ten_within_seconds": 7200,
    }


def test_lengths_are_told_of_answers_that_are_told_and_of_no_others() -> None:
    few, none = pace_figures([pace(40, taken=3)])[0], pace_figures([pace(40, expired=10)])[0]
    assert few["answered"] is few["half_within_seconds"] is few["nine_of_ten_within_seconds"] is None
    assert (none["answered"], none["half_within_seconds"]) == (0, None)


_paces = some.builds(
    lambda taken, declined, expired, rest: pace(
        taken + declined + expired + rest, taken=taken, declined=declined, expired=expired
    ),
    *[some.integers(0, 12)] * 4,
)


@given(some.lists(_paces, min_size=1, max_size=6))
def test_no_figure_and_no_difference_of_two_that_are_told_is_of_few(counts: list[PaceCount]) -> None:
    for row in pace_figures(counts):
        offers, answered, taken, expired = (
            row[name] for name in ("offers", "answered", "taken_up", "expired")
        )
        parts = [(offers,), (answered,), (taken,), (expired,), (answered, taken)]
        parts += [(offers, one) for one in (answered, taken, expired)]
        parts += [(offers, one, expired) for one in (answered, taken)]
        for whole, *taken_off in parts:
            if whole is not None and None not in taken_off:
                rest = whole - sum(one for one in taken_off if one is not None)
                assert not 0 < rest < FEW


@given(some.lists(_paces, min_size=1, max_size=6))
def test_what_is_withheld_does_not_follow_from_the_sum_of_the_column(counts: list[PaceCount]) -> None:
    _is_left_open([one.offers for one in counts], [row["offers"] for row in pace_figures(counts)])
    _is_left_open([one.answered for one in counts], [row["answered"] for row in pace_figures(counts)])


def _is_left_open(figures: list[int], told: list[int | None]) -> None:
    hidden = [figure for figure, shown in zip(figures, told, strict=True) if shown is None]
    if hidden and len(hidden) < len(figures):
        assert len(hidden) > 1
        assert sum(hidden) >= len(hidden) + FEW - 1


def test_who_waits_is_told_with_how_long_where_they_are_not_few() -> None:
    def told(first: int, second: int) -> list[tuple[int | None, int | None]]:
        rows = wait_figures([WaitCount(first, 86_400.2), WaitCount(second, 60.0)])
        return [(row["waiting"], row["half_for_seconds"]) for row in rows]

    assert told(5, 9) == [(5, 86_400), (9, 60)]
    assert told(3, 9) == [(None, None), (None, None)], "nine and the sum would tell of three"
