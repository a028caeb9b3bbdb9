"""The public part of the directory, kept for a few seconds: a page costs no call for each service on it."""

import asyncio
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final
from uuid import UUID

from kem.directory.v1 import directory_pb2 as messages
from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest, ListServicesRequest
from kernel.codes import DISTRICTS, LANGUAGES, SECTORS, SERVICE_TYPES
from services.console.adapters.catalogue import PUBLIC_LANGUAGES, texts_in
from services.console.adapters.hub import Hub, ask
from services.console.adapters.languages import language_name
from services.console.domain.public.directory import (
    Directory,
    PublicAgency,
    PublicPlace,
    PublicService,
    search_words,
)
from services.console.domain.public.hours import Stretch

KEPT_SECONDS: Final = 30.0
_PAGE: Final = 200
_SHOWN_DISTRICT: Final = (messages.LOCATION_VISIBILITY_PUBLIC, messages.LOCATION_VISIBILITY_DISTRICT_ONLY)


class DirectoryCopy:
    """Asks referral as the console itself, which no agency and no staff stands behind: it is told what
    everybody may know. What comes all the same and is not for everybody is dropped here too.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, hub: Hub, clock: Callable[[], float] = time.monotonic) -> None:
        self._hub, self._clock = hub, clock
        self._kept: Directory | None = None
        self._kept_until = 0.0
        self._asking: asyncio.Task[Directory] | None = None

    async def get(self) -> Directory:
        """As it stood at most half a minute ago. Many pages at once ask once.

        Raises:
            KemError: referral cannot be asked now.
        """
        if self._kept is not None and self._clock() < self._kept_until:
            return self._kept
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(self._forget)
        return await asyncio.shield(self._asking)

    def _forget(self, asked: asyncio.Task[Directory]) -> None:
        self._asking = None
        asked.cancelled() or asked.exception()  # whoever waited has been told

    async def _ask(self) -> Directory:
        asked_at = self._clock()
        agencies = {
            one.agency_id: _agency(one)
            for one in await self._all(self._hub.directory.ListAgencies, ListAgenciesRequest, "agencies")
        }
        listed = await self._all(self._hub.directory.ListServices, ListServicesRequest, "services")
        found = Directory.of(
            _service(one, agencies[one.service.agency_id])
            for one in listed
            if one.service.listing == messages.LISTING_PUBLIC and one.service.agency_id in agencies
        )
        self._kept, self._kept_until = found, asked_at + KEPT_SECONDS
        return found

    async def _all(self, method: Callable[..., Any], request: type[Any], rows: str) -> list[Any]:
        """Every page."""
        found: list[Any] = []
        token = ""
        while True:
            asked = request(page_size=_PAGE, page_token=token)
            answer = await ask(method, asked, self._hub.as_itself())
            found += getattr(answer, rows)
            token = answer.next_page_token
            if not token:
                return found


def _agency(message: messages.Agency) -> PublicAgency:
    return PublicAgency(
        UUID(message.agency_id), message.code, message.name.el, message.name.en, message.sample
    )


def _service(listed: messages.ListedService, agency: PublicAgency) -> PublicService:
    message = listed.service
    place = _place(message.location)
    return PublicService(
        service_id=UUID(message.service_id),
        agency=agency,
        service_type=message.service_type,
        name_el=message.name.el,
        name_en=message.name.en,
        place=place,
        languages=tuple(message.languages),
        interpreter_languages=tuple(message.interpreter_languages),
        is_step_free=message.step_free,
        opening=tuple(Stretch(one.weekday, one.from_minute, one.until_minute) for one in message.opening),
        is_suspended=listed.suspended,
        words=search_words(
            message.name.el, message.name.en, agency.code, agency.name_el, agency.name_en, place.address
        )
        | _words_of_codes(message.service_type, place.district)
        | _words_of_languages((*message.languages, *message.interpreter_languages)),
    )


def _place(message: messages.Location) -> PublicPlace:
    if message.visibility not in _SHOWN_DISTRICT:
        return PublicPlace()
    if message.visibility == messages.LOCATION_VISIBILITY_DISTRICT_ONLY:
        return PublicPlace(message.district)
    return PublicPlace(message.district, message.address, message.latitude, message.longitude)


@cache
def _words_of_codes(service_type: str, district: str) -> frozenset[str]:
    """What a kind of service and a district are called, in every language of the public's pages."""
    kind = SERVICE_TYPES[service_type]
    named = [kind, SECTORS[kind.sector], *([DISTRICTS[district]] if district in DISTRICTS else [])]
    return search_words(
        *(one.el for one in named),
        *(texts_in(language).gettext(one.en) for one in named for language in PUBLIC_LANGUAGES),
    )


@cache
def _words_of_languages(codes: tuple[str, ...]) -> frozenset[str]:
    """What the languages are called that are spoken there, in every language of the public's pages."""
    known = [code for code in codes if code in LANGUAGES]
    return search_words(*(language_name(code, language) for code in known for language in PUBLIC_LANGUAGES))
