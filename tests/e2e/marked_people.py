"""The demo's invented people, with marks in everything that says who they are."""

import itertools
import random
from dataclasses import dataclass, field

import pytest

from tools.demo.people import City, InventedPerson

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"


@dataclass(slots=True)
class Marks:
    """Marks that occur nowhere else: in Latin letters, in Arabic ones, at the start of a telephone number."""

    latin: str
    original: str
    phone: str
    people: list[InventedPerson] = field(default_factory=list)

    @staticmethod
    def fresh() -> "Marks":
        """Marks of one run."""
        dice = random.SystemRandom()
        return Marks(
            latin="Q" + "".join(dice.choices(_LATIN, k=11)),
            original="".join(dice.choices(_ARABIC, k=10)),
            phone="999" + "".join(dice.choices("0123456789", k=8)),
        )

    @property
    def all(self) -> list[str]:
        return [self.latin, self.original, self.phone]

    def put_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on everybody in the queue at the desk carries the marks."""
        drawn = City.next_person
        numbers = itertools.count()

        def next_person(city: City) -> InventedPerson:
            person = drawn(city)
            names = person.beneficiary.names
            for part in ("given", "family"):
                setattr(names.latin, part, f"{getattr(names.latin, part)} {self.latin}")
                setattr(names.original, part, f"{getattr(names.original, part)} {self.original}")
            person.beneficiary.contacts[0].value = f"+{self.phone}{next(numbers):03d}"
            if person.beneficiary.HasField("guardian"):
                person.beneficiary.guardian.name = f"Parent {self.latin}"
            self.people.append(person)
            return person

        monkeypatch.setattr(City, "next_person", next_person)
