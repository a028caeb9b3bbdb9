"""Where staff begin: what their roles open to them, and for officers and agencies what waits."""

from starlette.responses import Response

from kernel.vocabulary import Role
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.complaints.roles import REGISTRARS
from services.console.entrypoints.pages.notices import MAILED
from services.console.entrypoints.pages.waiting import COUNT_WAITING, OFFICERS, PARTNER, waiting_cards

HOME = "/home"
STAFF = frozenset(Role) - {Role.SERVICE}


async def home(visit: Visit) -> Response:
    """The pages that are open to whoever looks; an officer's and an agency's lists with how much waits."""
    return visit.render(
        "home.html",
        title=visit.say("Home"),
        waiting=await waiting_cards(visit),
        hears_by_mail=visit.staff.has(*MAILED),
        hears_complaints=visit.staff.has(*REGISTRARS),
    )


PAGES = (
    Page(
        HOME,
        home,
        STAFF,
        calls_of=dict.fromkeys(OFFICERS | PARTNER, (COUNT_WAITING,)),
        nav=NavigationEntry("Home", 0),
    ),
)
