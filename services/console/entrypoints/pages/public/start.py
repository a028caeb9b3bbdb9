"""The first page: what this is, and where to go on."""

from datetime import UTC, datetime

from starlette.responses import Response

from kernel.codes import SECTORS
from kernel.errors import Unavailable
from services.console.adapters.directory_copy import DirectoryCopy
from services.console.domain.public.hours import ATHENS
from services.console.entrypoints.page import Page, Visit, public
from services.console.entrypoints.pages.public.calls import READS_DIRECTORY


class StartPage:
    """What the city's help is, by kind; it works without the directory too, without its numbers."""

    def __init__(self, copy: DirectoryCopy) -> None:
        self._copy = copy

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address."""
        return (public("/", self.start, calls=READS_DIRECTORY),)

    async def start(self, visit: Visit) -> Response:
        """What this is, and where to go on."""
        now = datetime.now(UTC)
        counts: dict[str, int] = {}
        open_now = 0
        try:
            services = (await self._copy.get()).services
        except Unavailable:
            services = ()
        for one in services:
            counts[one.sector] = counts.get(one.sector, 0) + 1
            open_now += one.takes_people(now)
        return visit.render(
            "public/start.html",
            title=visit.say("Find help in Athens"),
            sectors=[(code, visit.say(entry.en), counts.get(code, 0)) for code, entry in SECTORS.items()],
            total=len(services),
            open_now=open_now,
            time_of_day=_time_of_day(visit, now),
        )


def _time_of_day(visit: Visit, now: datetime) -> str:
    hour = now.astimezone(ATHENS).hour
    if 5 <= hour < 12:
        return visit.say("Good morning")
    return visit.say("Good afternoon") if 12 <= hour < 18 else visit.say("Good evening")
