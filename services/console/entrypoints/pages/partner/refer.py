"""An agency refers somebody itself: where that begins. The desk's pages lead on, for its own people."""

from typing import Final

from starlette.responses import Response

from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.partner.cards import PARTNER
from services.console.entrypoints.texts import N_


async def refer(visit: Visit) -> Response:
    """The way from somebody who has come to what they need."""
    return visit.render("partner/refer.html", title=visit.say("Refer somebody"))


PAGES: Final = (Page("/partner/refer", refer, PARTNER, nav=NavigationEntry(N_("Refer somebody"), 23)),)
