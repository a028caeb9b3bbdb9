"""Names are found in scripts in which they are not kept: also names that the rules were never tuned on."""

from tools.bench.names.listed import listed_names
from tools.bench.names.recall import crowd, measured

BOUND = 0.95


def test_enough_names_of_every_origin_lie_aside_and_nobody_chose_which() -> None:
    for origin in ("arabic", "persian", "urdu", "greek"):
        names = [name for name in listed_names() if name.origin == origin]
        aside = sum(name.is_aside for name in names)
        assert len(names) >= 60
        assert 0.3 <= aside / len(names) <= 0.7


def test_of_people_whose_names_lay_aside_nearly_all_are_among_the_first_twenty() -> None:
    figures = measured(people=4_000, searches=400)
    assert set(figures) == {"by_birth_year", "by_nationality", "with_a_slip"}
    for kind in figures.values():
        assert min(kind["aside"], kind["tuned"]) >= BOUND, figures


def test_the_crowd_is_the_same_each_time() -> None:
    assert [person for person, _, _ in crowd(50, 3)] == [person for person, _, _ in crowd(50, 3)]
