"""The directory for everybody: search and filters, the map of the districts, one service, and all as JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from kernel.codes import DISTRICTS, LANGUAGES, SECTORS, Named
from kernel.errors import NotFound
from services.console.adapters.directory_copy import DirectoryCopy
from services.console.adapters.languages import language_name
from services.console.domain.public.directory import Directory, Found, PublicService, Question
from services.console.domain.public.listing import as_json
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import NavigationEntry, Page, Visit, public
from services.console.entrypoints.pages.public.calls import READS_DIRECTORY
from services.console.entrypoints.pages.public.shown import shown, weekday_name
from services.console.entrypoints.texts import N_

LONGEST_SEARCH = 100
_NEIGHBOURS = 2
"""How many pages on either side are named in the list of pages."""


class ServicePages:
    """Over one copy of the directory."""

    def __init__(self, copy: DirectoryCopy) -> None:
        self._copy = copy

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        return (
            public(
                "/services", self.find, calls=READS_DIRECTORY, nav=NavigationEntry(N_("Find a service"), 1)
            ),
            public("/services.json", self.all_as_json, calls=READS_DIRECTORY),
            public("/services/{service_id}", self.one, calls=READS_DIRECTORY),
            public("/map", self.map, calls=READS_DIRECTORY, nav=NavigationEntry(N_("Map"), 2)),
        )

    async def find(self, visit: Visit) -> Response:
        """What fits, 50 on a page."""
        directory, now = await self._copy.get(), datetime.now(UTC)
        asked = _question(visit)
        number = visit.query("page")
        found = directory.find(asked, now, int(number) if number.isascii() and number.isdecimal() else 1)
        return visit.render(
            "public/services.html",
            title=visit.say("Find a service"),
            asked=asked,
            found=found,
            services=[shown(one, visit.language, now) for one in found.services],
            sectors=_named(visit, SECTORS),
            districts=_named(visit, DISTRICTS),
            languages_spoken=_languages_in(directory, visit.language),
            pages=_pages(asked, found),
            href_of_page=lambda page: _href(asked, page),
            is_narrowed=asked != Question(),
        )

    async def map(self, visit: Visit) -> Response:
        """The seven districts, with how many services each has."""
        counts = (await self._copy.get()).by_district()
        districts = [
            (code, visit.say(entry.en), counts.get(code, 0), _href(Question(district=code), 1))
            for code, entry in DISTRICTS.items()
        ]
        return visit.render("public/map.html", title=visit.say("Map of the districts"), districts=districts)

    async def one(self, visit: Visit) -> Response:
        """One service.

        Raises:
            NotFound: there is none that everybody may know of.
        """
        found, now = await self._found(visit), datetime.now(UTC)
        service = shown(found, visit.language, now)
        return visit.render(
            "public/service.html",
            title=service.name.text,
            service=service,
            weekday=lambda number: weekday_name(number, visit.language),
        )

    async def all_as_json(self, visit: Visit) -> Response:
        """The whole public directory, for programs."""
        directory = await self._copy.get()
        return JSONResponse(
            {"services": [as_json(one) for one in directory.services], "total": len(directory.services)}
        )

    async def _found(self, visit: Visit) -> PublicService:
        service_id = as_uuid(visit.path_value("service_id"))
        found = (await self._copy.get()).service(service_id) if service_id else None
        if found is None:
            raise NotFound("There is no such service.", reason="SERVICE_NOT_FOUND")
        return found


def _question(visit: Visit) -> Question:
    """What was asked for; codes that there are not ask for nothing."""
    sector, district, language = (visit.query(name) for name in ("sector", "district", "language"))
    return Question(
        words=visit.query("q")[:LONGEST_SEARCH],
        sector=sector if sector in SECTORS else "",
        district=district if district in DISTRICTS else "",
        language=language if language in LANGUAGES else "",
        is_open_now=bool(visit.query("open")),
    )


def _href(asked: Question, page: int) -> str:
    given = {
        "q": asked.words,
        "sector": asked.sector,
        "district": asked.district,
        "language": asked.language,
        "open": "yes" if asked.is_open_now else "",
        "page": str(page) if page > 1 else "",
    }
    query = urlencode({name: value for name, value in given.items() if value})
    return f"/services?{query}" if query else "/services"


def _pages(asked: Question, found: Found) -> list[tuple[int, str] | None]:
    """The first, the last and those beside this one; None for those left out between them."""
    named = sorted(
        {1, found.pages}
        | set(range(max(1, found.page - _NEIGHBOURS), min(found.pages, found.page + _NEIGHBOURS) + 1))
    )
    pages: list[tuple[int, str] | None] = []
    for before, number in zip([0, *named], named, strict=False):
        if number > before + 1:
            pages.append(None)
        pages.append((number, _href(asked, number)))
    return pages


def _named(visit: Visit, entries: Mapping[str, Named]) -> list[tuple[str, str]]:
    return [(code, visit.say(entry.en)) for code, entry in entries.items()]


def _languages_in(directory: Directory, language: str) -> list[tuple[str, str]]:
    """The languages in which something is offered, by their names."""
    codes = {code for one in directory.services for code in (*one.languages, *one.interpreter_languages)}
    return sorted(((code, language_name(code, language)) for code in codes), key=lambda one: one[1])
