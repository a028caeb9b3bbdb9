"""What matching is told of any person is coarse, and never less careful than the facts."""

from datetime import date, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from kernel.codes import LAST_PRIORITY_GROUP, LISTS, PRIORITY_GROUPS
from services.intake.domain.beneficiary import Beneficiary, Birth, Document, Guardian, HouseholdMember
from services.intake.domain.person_profile import profile_of
from services.intake.domain.priority import priority_group
from tests.support.people import invented_person

TODAY = date(2026, 11, 23)
CAUSES = st.sets(st.sampled_from([*LISTS["SPECIFIC_NEEDS"], *LISTS["CIRCUMSTANCES"]]), max_size=6)
DAYS = st.dates(date(1930, 1, 1), date(2090, 12, 31))
PEOPLE = st.builds(
    invented_person,
    birth=st.builds(Birth, st.none() | st.dates(date(1930, 1, 1), TODAY)),
    specific_needs=st.lists(st.sampled_from(list(LISTS["SPECIFIC_NEEDS"])), max_size=4).map(tuple),
    household=st.lists(
        st.builds(HouseholdMember, st.sampled_from(list(LISTS["RELATIONS"])), st.integers(1990, 2026)),
        max_size=6,
    ).map(tuple),
    guardian=st.none()
    | st.builds(
        Guardian,
        st.just("Invented"),
        st.sampled_from(list(LISTS["GUARDIAN_RELATIONS"])),
        st.just(""),
        st.none() | DAYS,
    ),
    documents=st.lists(
        st.builds(
            Document,
            st.sampled_from(["ASYLUM_CARD", "PASSPORT"]),
            st.just("A-1"),
            st.sampled_from(list(LISTS["DOCUMENT_STATES"])),
            st.none() | DAYS,
        ),
        max_size=3,
    ).map(tuple),
)


@given(CAUSES, CAUSES)
def test_a_further_cause_never_puts_anybody_later(causes: set[str], more: set[str]) -> None:
    assert 1 <= priority_group(causes | more) <= priority_group(causes) <= LAST_PRIORITY_GROUP


@given(CAUSES)
def test_a_group_is_held_by_one_of_its_published_causes_and_no_earlier_one_is(causes: set[str]) -> None:
    group = priority_group(causes)
    for number, entry in PRIORITY_GROUPS.items():
        if int(number) < group:
            assert causes.isdisjoint(entry.causes)
    assert group == LAST_PRIORITY_GROUP or not causes.isdisjoint(PRIORITY_GROUPS[str(group)].causes)


def test_any_two_causes_of_one_group_are_told_alike() -> None:
    for group in PRIORITY_GROUPS.values():
        for one, other in combinations(group.causes, 2):
            assert priority_group({one}) == priority_group({other}) == int(group.code)


@given(PEOPLE, st.integers(0, 20_000))
def test_a_proof_is_good_on_every_day_of_the_month_that_is_told_and_not_of_the_next(
    person: Beneficiary, days: int
) -> None:
    today = TODAY + timedelta(days=days)
    profile = profile_of(person)
    for family, month in profile.proof_months(today).items():
        assert profile.status_answers(today)[family] == "YES"
        last_day = profile.proof_expires_date
        assert last_day is not None
        year, number = int(month[:4]), int(month[5:])
        after = date(year + number // 12, number % 12 + 1, 1)
        assert after - timedelta(days=1) <= last_day  # never later than the truth
        assert last_day.isoformat()[:7] <= after.isoformat()[:7]  # and by less than a month earlier


@given(PEOPLE, DAYS)
def test_whatever_the_bands_say_no_fact_behind_a_group_or_month_is_among_them(
    person: Beneficiary, today: date
) -> None:
    profile = profile_of(person)
    told = repr(profile.bands(today))
    for code in {*LISTS["SPECIFIC_NEEDS"], *LISTS["CIRCUMSTANCES"], *LISTS["GUARDIAN_RELATIONS"]}:
        assert code not in told
    for day in filter(None, (profile.birth_date, profile.proof_expires_date, profile.guardian_expires_date)):
        assert repr(day) not in told
        assert day.isoformat() not in told
