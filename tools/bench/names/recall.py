"""How many people are found who should be: names written in one way, searched for in another.

The crowd is made of the listed names, each person with a given name and a family name of one origin, as the
person writes it and in Latin letters in one way. Searched for is somebody of the crowd, in a script or way in
which they are not kept, with their year of birth or with their nationality. Found is
who is among the first 20. `with_a_slip`: one letter of what is typed, any one, is left out.

`tuned`: people whose names the rules were tuned on. `aside`: people both of whose names lay aside.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from services.intake.domain.name_index import KnownPerson, NameIndex, NameQuery
from services.intake.domain.name_skeleton import skeletons
from tools.bench.names.listed import ListedName, listed_names

AGENCY = UUID(int=1)
MOST_CANDIDATES = 20
SCRIPTS = ("ar", "fa", "ur", "el")
LATIN = ("simple", "english", "french", "german", "turkish", "persian", "urdu")


NATIONALITIES = {
    "arabic": ("SYR", "IRQ", "PSE", "EGY", "MAR"),
    "persian": ("IRN", "AFG"),
    "urdu": ("PAK",),
    "greek": ("GRC", "CYP"),
}

Member = tuple[KnownPerson, ListedName, ListedName]
"""Somebody of the crowd, with the given and the family name that they bear."""


@dataclass(frozen=True, slots=True)
class Search:
    """Somebody of the crowd, and how they are searched for."""

    person: KnownPerson
    query: NameQuery
    kept_in: str
    searched_in: str
    is_aside: bool


def crowd(number: int, seed: int) -> Iterator[Member]:
    """So many invented people with listed names; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311  invented people, no secrets
    origins = sorted({name.origin for name in listed_names()})
    named = {
        (origin, is_family): [
            one for one in listed_names() if (one.origin, one.is_family) == (origin, is_family)
        ]
        for origin in origins
        for is_family in (False, True)
    }
    for place in range(number):
        origin = chance.choices(origins, weights=[5 if one == "arabic" else 2 for one in origins])[0]
        given, family = chance.choice(named[origin, False]), chance.choice(named[origin, True])
        way = chance.choice(LATIN)
        own = given.spellings[0][0]
        names = tuple(f"{given.written(one)} {family.written(one)}" for one in (own, way))
        person = KnownPerson(
            UUID(int=place + 1),
            AGENCY,
            names,
            chance.randint(1945, 2020),
            chance.choice(NATIONALITIES[origin]),
        )
        yield person, given, family


def searches(people: list[Member], seed: int, *, by_birth_year: bool, has_slip: bool) -> Iterator[Search]:
    """One search for each person whose names are both tuned on, or both aside."""
    chance = random.Random(seed)  # noqa: S311  invented people, no secrets
    for person, given, family in people:
        if given.is_aside != family.is_aside:
            continue
        ways = [
            way
            for way in (*SCRIPTS, *LATIN)
            if f"{given.written(way)} {family.written(way)}" not in person.names
        ]
        way = chance.choice(ways)
        name = f"{given.written(way)} {family.written(way)}"
        if has_slip:
            place = chance.randrange(len(name))
            name = name[:place] + name[place + 1 :]
        query = (
            NameQuery(name, birth_year=person.birth_year)
            if by_birth_year
            else NameQuery(name, nationality=person.nationality)
        )
        yield Search(person, query, given.spellings[0][0], way, given.is_aside)


def filled(people: list[Member]) -> NameIndex:
    """An index that knows the crowd."""
    index, read = NameIndex(), cache(skeletons)
    for person, _, _ in people:
        index.put(person, read)
    return index


def measured(people: int, searches: int) -> dict[str, dict[str, float]]:
    """The share that is among the first twenty, by what was known beside the name and by kind of names."""
    made = list(crowd(people, seed=1))
    index = filled(made)
    return {
        "by_birth_year": _recall(index, made, searches),
        "by_nationality": _recall(index, made, searches, by_birth_year=False),
        "with_a_slip": _recall(index, made, searches, has_slip=True),
    }


def _recall(
    index: NameIndex, people: list[Member], number: int, *, by_birth_year: bool = True, has_slip: bool = False
) -> dict[str, float]:
    found: dict[str, list[bool]] = {"tuned": [], "aside": []}
    asked = searches(people, seed=2, by_birth_year=by_birth_year, has_slip=has_slip)
    for search in itertools.islice(asked, number):
        found["aside" if search.is_aside else "tuned"].append(_is_found(index, search))
    return {kind: round(sum(hits) / len(hits), 4) for kind, hits in found.items()}


def _is_found(index: NameIndex, search: Search) -> bool:
    found = index.find(search.query, AGENCY)[:MOST_CANDIDATES]
    return any(person == search.person.beneficiary_id for person, _ in found)
