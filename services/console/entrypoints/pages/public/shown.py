"""A service in the reader's words: names, languages and hours as lists and pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from babel import Locale

from kernel.codes import DISTRICTS, SECTORS, SERVICE_TYPES
from services.console.adapters.catalogue import STAFF_LANGUAGES, texts_in
from services.console.adapters.languages import language_name
from services.console.domain.public.directory import PublicAgency, PublicService
from services.console.domain.public.hours import Day, is_open, week


@dataclass(frozen=True, slots=True)
class Words:
    """A text and the language in which it is, where that is not the page's."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class ShownService:
    """One service; texts are in the reader's language as far as there are any.

    Args:
        name: what it is called; where it has no name in the reader's language, what kind of help it is.
        own_name: its name in another language; absent where `name` is its name.
        is_open: None where no hours are written.
    """

    service: PublicService
    name: Words
    own_name: Words | None
    agency: Words
    kind: str
    sector: str
    district: str
    languages: tuple[str, ...]
    interpreter_languages: tuple[str, ...]
    is_open: bool | None
    week: list[Day]

    @property
    def href(self) -> str:
        """Its page."""
        return f"/services/{self.service.service_id}"

    @property
    def district_name(self) -> str:
        """The district without its neighbourhoods."""
        return self.district.partition(":")[0].strip()


def shown(service: PublicService, language: str, now: datetime) -> ShownService:
    """The service as somebody reads it who reads `language`."""
    say = texts_in(language).gettext
    kind = SERVICE_TYPES[service.service_type]
    place = service.place.district
    name = _in_own_languages(service.name_el, service.name_en, language)
    is_readable = language in STAFF_LANGUAGES
    return ShownService(
        service=service,
        name=name if is_readable else Words(say(kind.en)),
        own_name=None if is_readable else name,
        agency=agency_name(service.agency, language),
        kind=say(kind.en),
        sector=say(SECTORS[kind.sector].en),
        district=say(DISTRICTS[place].en) if place in DISTRICTS else "",
        languages=_names(service.languages, language),
        interpreter_languages=_names(service.interpreter_languages, language),
        is_open=is_open(service.opening, now) if service.opening else None,
        week=week(service.opening, now),
    )


def agency_name(agency: PublicAgency, language: str) -> Words:
    """What the agency is called."""
    return _in_own_languages(agency.name_el, agency.name_en, language)


@cache
def weekday_name(weekday: int, language: str) -> str:
    """Monday (1) to Sunday (7)."""
    return str(Locale.parse(language).days["stand-alone"]["wide"][weekday - 1])


def _names(codes: Iterable[str], language: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(language_name(code, language) for code in codes))


def _in_own_languages(el: str, en: str, language: str) -> Words:
    if language == "el":
        return Words(el)
    return Words(en, "" if language == "en" else "en")
