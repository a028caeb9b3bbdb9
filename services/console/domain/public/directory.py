"""The directory as anybody may see it, and what is asked of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Final
from uuid import UUID

from kernel.codes import SERVICE_TYPES
from services.console.domain.public.folding import fold, matches, whole_words, words_of
from services.console.domain.public.hours import Stretch, is_open

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class PublicAgency:
    """An organisation that offers something to everybody."""

    agency_id: UUID
    code: str
    name_el: str
    name_en: str
    is_sample: bool


@dataclass(frozen=True, slots=True)
class PublicPlace:
    """Where a service is, as far as everybody may know; empty where they may not."""

    district: str = ""
    address: str = ""
    latitude: float = 0.0
    longitude: float = 0.0

    @property
    def has_point(self) -> bool:
        """Whether it is known on a map."""
        return bool(self.latitude and self.longitude)


@dataclass(frozen=True, slots=True)
class PublicService:
    """A service that everybody may know of.

    Args:
        words: by which a search finds it.
    """

    service_id: UUID
    agency: PublicAgency
    service_type: str
    name_el: str
    name_en: str
    place: PublicPlace
    languages: tuple[str, ...]
    interpreter_languages: tuple[str, ...]
    is_step_free: bool
    opening: tuple[Stretch, ...]
    is_suspended: bool
    words: frozenset[str] = field(repr=False)

    @property
    def sector(self) -> str:
        """The sector of its type."""
        return SERVICE_TYPES[self.service_type].sector

    def takes_people(self, now: datetime) -> bool:
        """Whether somebody new may go there at once: it is open, and not closed to everybody new."""
        return not self.is_suspended and is_open(self.opening, now)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks for; empty: all."""

    words: str = ""
    sector: str = ""
    district: str = ""
    language: str = ""
    is_open_now: bool = False

    def fits(self, service: PublicService, now: datetime) -> bool:
        """Whether the service is one of those."""
        return (
            (not self.sector or service.sector == self.sector)
            and (not self.district or service.place.district == self.district)
            and (not self.language or self.language in (*service.languages, *service.interpreter_languages))
            and (not self.is_open_now or service.takes_people(now))
            and matches(self.words, service.words)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what fits; `total` is of all pages."""

    services: Sequence[PublicService]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Directory:
    """All that everybody may know of, as it stood a moment ago."""

    services: tuple[PublicService, ...]
    _by_id: Mapping[UUID, PublicService] = field(repr=False)

    @staticmethod
    def of(services: Iterable[PublicService]) -> "Directory":
        """In the order in which lists show it."""
        ordered = tuple(sorted(services, key=lambda one: (fold(one.name_el), str(one.service_id))))
        return Directory(ordered, {one.service_id: one for one in ordered})

    def service(self, service_id: UUID) -> PublicService | None:
        """One service; None where there is none that everybody may know of."""
        return self._by_id.get(service_id)

    @property
    def agencies(self) -> list[PublicAgency]:
        """Who offers one of the services, by code."""
        found = {one.agency.agency_id: one.agency for one in self.services}
        return sorted(found.values(), key=lambda one: one.code)

    def of_agency(self, agency_id: UUID) -> list[PublicService]:
        """What an agency offers to everybody."""
        return [one for one in self.services if one.agency.agency_id == agency_id]

    def find(self, question: Question, now: datetime, page: int = 1) -> Found:
        """What fits, whatever has most of the typed words whole before the rest; a page beyond the last is
        the last.
        """
        fitting = [one for one in self.services if question.fits(one, now)]
        fitting.sort(key=lambda one: -whole_words(question.words, one.words))
        pages = max(1, ceil(len(fitting) / PAGE_SIZE))
        page = min(max(page, 1), pages)
        start = (page - 1) * PAGE_SIZE
        return Found(fitting[start : start + PAGE_SIZE], len(fitting), page, pages)

    def by_district(self) -> dict[str, int]:
        """How many services lie in each district; those whose place nobody may know are in none."""
        counts: dict[str, int] = {}
        for one in self.services:
            if one.place.district:
                counts[one.place.district] = counts.get(one.place.district, 0) + 1
        return counts


def search_words(*texts: str) -> frozenset[str]:
    """The words by which a service is found, from all that stands on its page in any language."""
    return words_of(*texts)
