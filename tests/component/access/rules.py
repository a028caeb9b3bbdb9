"""The words in which the tables beside this say who is answered what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final

from kernel.codes import Role
from tests.component.access.things import Thing

OK: Final = "OK"
NOT_PERMITTED: Final = "NOT_PERMITTED"
"""Told to a role that may not call at all, whatever it names: decided before anything is looked at."""
NO_AGENCY: Final = "NO_AGENCY"
"""Told to somebody who acts for no agency, whatever they name."""

CASE_ROLES: Final = frozenset(
    {
        Role.INTAKE_WORKER,
        Role.CASEWORKER,
        Role.SUPERVISOR,
        Role.CHILD_PROTECTION_OFFICER,
        Role.GBV_FOCAL_POINT,
        Role.AGENCY_MEMBER,
        Role.AGENCY_ADMIN,
    }
)
MERGE_ROLES: Final = frozenset({Role.SUPERVISOR, Role.CHILD_PROTECTION_OFFICER, Role.GBV_FOCAL_POINT})
OVERSIGHT_ROLES: Final = frozenset({Role.DPO, Role.SAFEGUARDING_OFFICER, Role.SUPERVISOR})
OFFICERS: Final = frozenset({Role.DPO, Role.SAFEGUARDING_OFFICER})


class Place(StrEnum):
    """For whom a caller acts."""

    SENDER = auto()
    """The agency whose person it is."""
    PROVIDER = auto()
    """The agency that was asked, holds it, keeps it, or is complained of."""
    STRANGER = auto()
    """An agency that has nothing to do with it."""
    NOWHERE = auto()
    """No agency: the hub's own officers, and nobody else with a right to anything of a person."""


class Side(StrEnum):
    """What a caller is to a thing."""

    SENDER = auto()
    PROVIDER = auto()
    STRANGER = auto()
    OFFICER = auto()
    NOBODY = auto()


Answers = Mapping[str, str] | str
"""The answer in each state of the thing; one word for all states. A state without one is hidden."""


@dataclass(frozen=True, slots=True)
class Row:
    """One method.

    Args:
        roles: who may call it at all.
        thing: of what kind the thing is that a request names.
        hidden: what everybody is told to whom the thing is none of theirs, as if there were no such thing.
        shown: the answers to whom it is; a side that is not named gets `hidden`.
        changes: whether an answer OK changes the thing at all.
        repeats: whether OK can be said of it again all the same; else each call needs a thing of its own.
        keepers: roles that are answered as the provider is, for whomever they act.
        makes: whether an unknown id is no error but makes something new.
        deciders: roles to which OK is said, if any are named; the others of `roles` are told `undecided`.
    """

    roles: Collection[Role]
    thing: Thing
    hidden: str
    shown: Mapping[Side, Answers] = field(default_factory=dict)
    changes: bool = True
    repeats: bool = False
    keepers: Collection[Role] = ()
    makes: bool = False
    deciders: Collection[Role] = ()
    undecided: str = ""

    def side(self, role: Role, place: Place) -> Side:
        if role in self.keepers:
            return Side.PROVIDER
        if place is not Place.NOWHERE:
            return Side(place.value)
        return Side.OFFICER if role in OFFICERS else Side.NOBODY

    def answer(self, role: Role, place: Place, state: str) -> str:
        """OK, or the stable reason of the refusal."""
        if role not in self.roles:
            return NOT_PERMITTED
        answers = self.shown.get(self.side(role, place), {})
        answer = answers if isinstance(answers, str) else answers.get(state, self.hidden)
        return self.undecided if answer == OK and self.deciders and role not in self.deciders else answer

    def unknown(self, role: Role, place: Place) -> str:
        """What is told of an id of which nothing is known."""
        if role not in self.roles:
            return NOT_PERMITTED
        answers = self.shown.get(self.side(role, place), {})
        return answers if isinstance(answers, str) and answers == NO_AGENCY else self.hidden
