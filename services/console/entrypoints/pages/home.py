"""Where staff begin: what their roles open to them."""

from starlette.responses import Response

from kernel.vocabulary import Role
from services.console.entrypoints.page import Page, Visit

STAFF = frozenset(Role) - {Role.SERVICE}


async def home(visit: Visit) -> Response:
    """The pages that are open to whoever looks."""
    return visit.render("home.html", title=visit.say("Home"))


PAGES = (Page("/home", home, STAFF),)
