"""Of many refusals the first are told one by one, and the others as a number: none twice, none not at all."""

from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import PrincipalId, random_id
from services.access.domain.refusals import TOLD_EACH, RefusalWindow, told_each_of
from tests.unit.access.staff import NOW


@given(st.lists(st.integers(1, 3 * TOLD_EACH), min_size=1, max_size=20))
def test_whatever_comes_together_the_first_ones_are_told_one_by_one_and_all_are_told(
    arriving: list[int],
) -> None:
    told = times = 0
    for new in arriving:
        times += new
        told += told_each_of(new, times)
        assert told == min(times, TOLD_EACH)
    window = RefusalWindow(PrincipalId(random_id()), "/service/Method", "REASON", NOW, times)
    assert told + window.untold == times
