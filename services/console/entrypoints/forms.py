"""What was typed into a form, and what is wrong with it."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol, TypeVar
from uuid import UUID

from starlette.datastructures import FormData

from kernel.digits import western_digits
from kernel.errors import Invalid
from kernel.ids import ordered_id
from services.console.entrypoints.rendering import ATHENS

MOST_FIELDS: Final = 2_000
_MINUTE: Final = timedelta(minutes=1)
_LONGEST_OPEN: Final = timedelta(hours=24)
_ORDERED: Final = 7
_TIME_AT: Final = 80
"""In an ordered id the bits from here on are milliseconds since 1970."""
_MOST_DIGITS: Final = 9
_Choice = TypeVar("_Choice", covariant=True)


class Form:
    """The fields as text: composed as everybody composes it (NFC), without space around it."""

    def __init__(self, fields: FormData | None = None) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in fields.multi_items() if fields is not None else ():
            if isinstance(value, str):
                text = unicodedata.normalize("NFC", value).strip()
                self._fields.setdefault(name, []).append(text)

    @classmethod
    def of(cls, fields: Mapping[str, str | Sequence[str]]) -> "Form":
        """A form that is filled in with what is known already."""
        form = cls()
        form._fields = {
            name: [value] if isinstance(value, str) else list(value) for name, value in fields.items()
        }
        return form

    def text(self, name: str) -> str:
        """What was typed; empty where nothing was, or where the form has no such field."""
        values = self._fields.get(name)
        return values[-1] if values else ""

    def digits(self, name: str) -> str:
        """As `text`, of a field in which a number or a code is meant: in digits that everybody takes."""
        return western_digits(self.text(name))

    def secret(self, name: str) -> str:
        """As `text`; named so that a reader sees which fields are never shown again."""
        return self.text(name)

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be chosen several times; empty ones are left out."""
        return [value for value in self._fields.get(name, []) if value]

    def values(self, name: str) -> Sequence[str]:
        """Every value of a field as it was sent, empty ones too."""
        return list(self._fields.get(name, []))

    def has(self, name: str) -> bool:
        """Whether a box is ticked or a button was the one pressed."""
        return bool(self._fields.get(name))

    @property
    def names(self) -> Sequence[str]:
        """Which fields were sent."""
        return list(self._fields)

    def without(self, *names: str) -> "Form":
        """The same with these fields as nobody has filled them in."""
        return Form.of({name: values for name, values in self._fields.items() if name not in names})

    @property
    def request_id(self) -> str:
        """By which a repeat of this form, a double click too, is the same request; made with the page."""
        return str(as_uuid(self.text("request_id")) or new_request_id())

    @property
    def opened_time(self) -> datetime:
        """When the page was made that the form stands on: what a form means by "now".

        It is the same however often the form is sent, so that a repeat is the same request to the last byte.
        Its request_id says it; where that says none, or none that can be true, it is the present.
        """
        now, known = datetime.now(UTC), as_uuid(self.text("request_id"))
        if known is None or known.version != _ORDERED:
            return now
        age = timedelta(milliseconds=now.timestamp() * 1000 - (known.int >> _TIME_AT))
        if not timedelta() <= age <= _LONGEST_OPEN:
            return now
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=known.int >> _TIME_AT)


@dataclass(slots=True)
class Errors:
    """What is wrong, by field, in the reader's language; shown above the form and at each field."""

    by_field: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, words: str) -> None:
        """One field is wrong; the first word about it stays."""
        self.by_field.setdefault(name, words)

    def __bool__(self) -> bool:
        return bool(self.by_field)

    def at(self, name: str) -> str:
        """What is wrong with a field; empty where nothing is."""
        return self.by_field.get(name, "")

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Pairs of a field and what is wrong with it, as the summary above the form takes them."""
        return iter(self.by_field.items())


def new_request_id() -> str:
    """For a form of a page that is being made; it holds the present, see `Form.opened_time`."""
    return str(ordered_id())


def as_uuid(text: str) -> UUID | None:
    """The id, where it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def as_date(text: str) -> date | None:
    """A day as browsers send it (2026-11-26), or as people type it (26/11/2026, 26.11.2026)."""
    for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"):
        try:
            return datetime.strptime(western_digits(text), pattern).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return None


def as_instant(day: str, clock: str) -> datetime | None:
    """A day and a time of day in Athens; None where either is missing or is none."""
    found = as_date(day)
    try:
        at = datetime.strptime(western_digits(clock), "%H:%M").time()  # noqa: DTZ007  of a day in Athens
    except ValueError:
        return None
    return None if found is None else datetime.combine(found, at, ATHENS)


def as_past(day: str, clock: str, opened_time: datetime) -> datetime | None:
    """When something happened, as it is remembered: to the minute, in Athens.

    A minute stands for all of it that had passed when the page was opened: its beginning may lie before what
    was told within it, a call before the consent that it rested on. What lies ahead stays as it was typed,
    and is refused as such.

    Args:
        opened_time: of the form, and never the present, with which a repeat would be another request.
    """
    found = as_instant(day, clock)
    if found is None:
        return None
    began = found.astimezone(UTC)
    return max(began, min(began + _MINUTE, opened_time))


def read_version(form: Form) -> int:
    """The version of what a form changes, as its reader saw it; 0 where there was nothing.

    Raises:
        Invalid: FORM_INCOMPLETE: it says none, so the form is not as this console gave it.
    """
    version = form.text("version")
    if not version.isdecimal() or len(version) > _MOST_DIGITS:
        raise Invalid("This form does not say what it changes; load the page anew.", reason="FORM_INCOMPLETE")
    return int(version)


class Choices(Protocol[_Choice]):
    """An enumeration of the contracts."""

    def Value(self, name: str) -> _Choice:
        """By its name."""


def as_choice(choices: Choices[_Choice], name: str) -> _Choice:
    """One of an enumeration, as a list of a form names it.

    Raises:
        Invalid: FORM_INCOMPLETE: there is none of this name, so the form is not as this console gave it.
    """
    try:
        return choices.Value(name)
    except ValueError:
        raise Invalid("The form holds a choice that it does not have.", reason="FORM_INCOMPLETE") from None
