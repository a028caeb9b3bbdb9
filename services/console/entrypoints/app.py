"""The application: every page at its address, and what stands around all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from services.console.adapters.hub import Hub
from services.console.adapters.names import Names
from services.console.entrypoints.cookies import Cookies
from services.console.entrypoints.door import Door
from services.console.entrypoints.live import Live
from services.console.entrypoints.page import Page
from services.console.entrypoints.pages import home, sign_in
from services.console.entrypoints.pages.accounts import account_pages, member_pages
from services.console.entrypoints.pages.admin import health
from services.console.entrypoints.pages.admin.agencies import AgencyPages
from services.console.entrypoints.pages.admin.notice_versions import NoticeVersionPages
from services.console.entrypoints.pages.admin.registers import RegisterPages
from services.console.entrypoints.pages.audit.pages import audit_pages
from services.console.entrypoints.pages.complaints import complaint_pages
from services.console.entrypoints.pages.coordination.reports import CoordinationPages
from services.console.entrypoints.pages.desk.pages import desk_pages
from services.console.entrypoints.pages.notices import NoticesPage
from services.console.entrypoints.pages.partner import partner_pages
from services.console.entrypoints.pages.public.site import public_pages
from services.console.entrypoints.rendering import STATIC
from services.console.entrypoints.security import BoundedBody, SafeHeaders
from services.console.entrypoints.sessions import Sessions
from services.console.settings import ConsoleSettings

LONG: str = "public, max-age=31536000, immutable"


def pages_of(hub: Hub, signing_in: sign_in.SignInPages, live: Live, url: str) -> tuple[Page, ...]:
    """Every page of the console."""
    names = Names(hub)
    return (
        *signing_in.pages,
        *home.PAGES,
        *desk_pages(names),
        *partner_pages(names),
        *member_pages(names),
        *complaint_pages(names),
        *CoordinationPages(names).pages,
        *audit_pages(names),
        *RegisterPages(names).pages,
        *NoticeVersionPages().pages,
        *AgencyPages(names).pages,
        *account_pages(names),
        *NoticesPage(names).pages,
        *health.PAGES,
        *live.pages,
        *public_pages(hub, url),
    )


class KeptFiles(StaticFiles):
    """Files of the look: whoever asks by their content's hash may keep them."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """With leave to keep it."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = LONG
        return response


def make_app(settings: ConsoleSettings, hub: Hub, stopping: asyncio.Event) -> Any:
    """The application, for any ASGI server; what would go on for ever ends when `stopping` is set."""
    sessions, cookies = Sessions(hub), Cookies(is_behind_tls=settings.is_behind_tls)
    door = Door(hub, sessions, cookies, settings.url)
    signing_in = sign_in.SignInPages(sessions, cookies, settings.url)
    door.pages = pages_of(hub, signing_in, Live(hub, sessions, stopping), settings.url)
    routes: list[BaseRoute] = [
        Route("/ready", _ready),
        # pages are not compressed: they hold what a browser types beside what it must not know (BREACH)
        Mount("/static", GZipMiddleware(KeptFiles(directory=STATIC))),
        *(Route(one.path, _endpoint(door, one), methods=list(one.methods)) for one in door.pages),
    ]

    async def nowhere(request: Request, _: Exception) -> Response:
        return await door.nowhere(request)

    app = Starlette(routes=routes, exception_handlers={404: nowhere, 405: nowhere})
    return SafeHeaders(BoundedBody(app), is_behind_tls=settings.is_behind_tls)


def _endpoint(door: Door, page: Page) -> Callable[[Request], Awaitable[Response]]:
    return partial(_answer, door, page)


async def _answer(door: Door, page: Page, request: Request) -> Response:
    return await door.answer(request, page)


async def _ready(request: Request) -> Response:
    return PlainTextResponse("ready\n")
