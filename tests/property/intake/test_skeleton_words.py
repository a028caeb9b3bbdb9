"""Comparing few words finds all that comparing every word finds."""

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import process
from rapidfuzz.distance import Indel

from services.intake.domain.skeleton_words import SkeletonWords

SKELETONS = st.text("ASJKHBFTRLMN", min_size=1, max_size=9)


@given(
    st.lists(SKELETONS, max_size=60),
    st.sets(st.integers(0, 59)),
    st.lists(SKELETONS, min_size=1, max_size=3),
    st.sampled_from([0.65, 0.8]),
)
def test_every_word_is_found_that_is_like_a_reading_and_no_other(
    crowd: list[str], gone: set[int], readings: list[str], least: float
) -> None:
    words = SkeletonWords()
    for slot, skeleton in enumerate(crowd):
        words.add(skeleton, slot)
    for slot in gone & set(range(len(crowd))):
        words.remove(crowd[slot], slot)
    left = [slot for slot in range(len(crowd)) if slot not in gone]
    every_word = [crowd[slot] for slot in left]
    expected = {
        (similarity, left[place])
        for reading in readings
        for _, similarity, place in process.extract(
            reading, every_word, scorer=Indel.normalized_similarity, score_cutoff=least, limit=None
        )
    }
    found = words.alike(readings, least)
    assert {(one, slot) for one, arrays in found.items() for slots in arrays for slot in slots} == expected
    assert len(words) == len(set(every_word))
