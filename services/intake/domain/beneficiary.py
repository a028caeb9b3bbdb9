"""A person as KEM knows them: the minimum data set. Every field may be absent, and says why."""

import datetime
from dataclasses import dataclass, field, replace
from enum import auto
from typing import Any, Final

from kernel.vocabulary import Code, Sex


class Absence(Code):
    """Why an answer is missing."""

    UNKNOWN = auto()
    REFUSED = auto()
    NOT_ASKED = auto()


@dataclass(frozen=True, slots=True)
class OptionalText:
    """What the person said, or why nothing is known; exactly one of the two once the rules have passed it."""

    value: str | None = None
    absence: Absence | None = None

    @staticmethod
    def not_asked() -> "OptionalText":
        return OptionalText(absence=Absence.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in one script; many people have no family name."""

    given: str = ""
    family: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.given or self.family)


@dataclass(frozen=True, slots=True)
class Names:
    """As the person writes it (empty where they do not write) and in Latin letters; or withheld."""

    original: Name = field(default_factory=Name)
    latin: Name = field(default_factory=Name)
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Birth:
    """The date of birth, or why it is not known. 1 January is always taken for a guess."""

    date: datetime.date | None = None
    absence: Absence | None = None
    estimated: bool = False

    def age_on(self, day: datetime.date) -> int | None:
        """Completed years, or None where the date is not known."""
        if self.date is None:
            return None
        had_birthday = (day.month, day.day) >= (self.date.month, self.date.day)
        return day.year - self.date.year - (not had_birthday)


class LanguageLevel(Code):
    NATIVE = auto()
    FLUENT = auto()
    BASIC = auto()


@dataclass(frozen=True, slots=True)
class LanguageSkill:
    """A language (ISO 639-3) and how well the person speaks it."""

    language: str
    level: LanguageLevel


class ContactKind(Code):
    """By what a person may be reached; a trusted person's number is nobody's identifier."""

    PHONE = auto()
    EMAIL = auto()
    TRUSTED_PERSON = auto()


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach the person and the hours (Athens) in which that harms nobody."""

    kind: ContactKind
    value: str
    from_hour: int
    until_hour: int
    message_may_be_left: bool = False


@dataclass(frozen=True, slots=True)
class HouseholdMember:
    """Somebody who lives with the person; `birth_year` is 0 where it is not known."""

    relation: str
    birth_year: int = 0


@dataclass(frozen=True, slots=True)
class Guardian:
    """Who may decide for somebody under 18, and on what that authority rests."""

    name: str
    relation: str
    authority_reference: str = ""
    authority_expires_date: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A paper that the person has or waits for; the number is empty where it was not seen."""

    kind: str
    number: str
    state: str
    expires_date: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """The whole of it. Take it through `beneficiary_rules.checked` before it is kept."""

    names: Names = field(default_factory=Names)
    birth: Birth = field(default_factory=Birth)
    sex: Sex = Sex.NOT_STATED
    nationality: OptionalText = field(default_factory=OptionalText.not_asked)
    languages: tuple[LanguageSkill, ...] = ()
    interpreter_needed: bool = False
    interpreter_wishes: str = ""
    contacts: tuple[Contact, ...] = ()
    household: tuple[HouseholdMember, ...] = ()
    specific_needs: tuple[str, ...] = ()
    guardian: Guardian | None = None
    legal_status: str = "NOT_STATED"
    documents: tuple[Document, ...] = ()
    amka: OptionalText = field(default_factory=OptionalText.not_asked)
    district: str = ""
    avoided_districts: tuple[str, ...] = ()
    step_free_access_needed: bool = False
    sex_absence: Absence | None = None
    languages_absence: Absence | None = None
    contacts_absence: Absence | None = None
    household_absence: Absence | None = None
    legal_status_absence: Absence | None = None
    documents_absence: Absence | None = None
    district_absence: Absence | None = None

    def absence_of(self, name: str) -> Absence | None:
        """Why this one of `MAY_BE_ABSENT` is empty; None where nobody has said why."""
        absence: Absence | None = getattr(self, f"{name}_absence")
        return absence

    def with_reasons_of(self, earlier: "Beneficiary") -> "Beneficiary":
        """As told by a client that knows of no reasons: what is still empty is so for the reason it was."""
        reasons: dict[str, Any] = {
            f"{name}_absence": earlier.absence_of(name) for name in MAY_BE_ABSENT if self.is_empty(name)
        }
        return replace(self, **reasons)

    def is_empty(self, name: str) -> bool:
        """Whether this one of `MAY_BE_ABSENT` holds nothing that the person has said."""
        return getattr(self, name) in ((), "", NOT_STATED)


NOT_STATED: Final = "NOT_STATED"
"""Of a sex and of a legal status: a code, on which rules of services rest; its absence says why."""
MAY_BE_ABSENT: Final = tuple(
    name.removesuffix("_absence") for name in Beneficiary.__dataclass_fields__ if name.endswith("_absence")
)
"""The fields that stand empty beside their reason. Birth, nationality and AMKA hold theirs in themselves."""
_NOT_ASKED: Final[dict[str, Any]] = {f"{name}_absence": Absence.NOT_ASKED for name in MAY_BE_ABSENT}
NEVER_ASKED: Final = Beneficiary(**_NOT_ASKED)
"""Somebody of whom nothing is known, and nobody has asked: also not who lives with them."""
