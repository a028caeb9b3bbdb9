"""Why somebody stands where they stand on a waiting list, in Greek and English."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kernel.codes import PRIORITY_GROUPS, Urgency
from services.referral.domain.place_aloud import place_sentence
from services.referral.domain.waitlist import WaitingPlace
from tests.unit.referral.test_reading_aloud import assert_readable

PLACE = WaitingPlace(
    position=7,
    waiting=12,
    urgency=Urgency.NORMAL,
    priority_group=2,
    since_time=datetime(2026, 3, 3, 22, 30, tzinfo=UTC),
    more_urgent=1,
    earlier_group=2,
    waiting_longer=3,
)


def test_a_place_is_told_with_who_comes_before_and_what_counts() -> None:
    said = place_sentence(PLACE)
    assert said.en == (
        "Number 7 of 12 on the waiting list. Urgency counts first, then the published priority group, "
        "then waiting time. 6 come before: more urgent 1, of an earlier group 2, waiting longer 3. "
        "For this person: not urgent, group 2/4 (Disability, chronic illness, older people alone, "
        "single parents), waiting since 04 March 2026."
    )
    assert said.el == (
        "Θέση 7 από 12 στη λίστα αναμονής. Η σειρά κρίνεται πρώτα από το πόσο επείγει, μετά από τη "
        "δημοσιευμένη ομάδα προτεραιότητας, μετά από τον χρόνο αναμονής. Προηγούνται 6: πιο επείγοντα 1, "
        "σε προηγούμενη ομάδα 2, με μεγαλύτερη αναμονή 3. Για το άτομο ισχύει: όχι επείγον, ομάδα 2/4 "
        "(Αναπηρία, χρόνια πάθηση, ηλικιωμένοι που ζουν μόνοι, μονογονεϊκές οικογένειες), αναμονή από "
        "04/03/2026."
    )


@pytest.mark.parametrize("urgency", Urgency)
@pytest.mark.parametrize("group", range(1, len(PRIORITY_GROUPS) + 2))
@pytest.mark.parametrize("position", [1, 7])
def test_every_place_can_be_read_aloud(urgency: Urgency, group: int, position: int) -> None:
    assert_readable(place_sentence(replace(PLACE, urgency=urgency, priority_group=group, position=position)))


def test_whoever_is_next_is_told_so() -> None:
    first = replace(PLACE, position=1, more_urgent=0, earlier_group=0, waiting_longer=0)
    assert "Nobody comes before." in place_sentence(first).en
