"""Tells open pages that something has changed, by server-sent events; what has, a page reads anew by itself.

One stream of notifications serves all browsers of an agency. Nothing of a case goes over it but a number.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from kem.notifications.v1 import delivery_pb2
from kernel.errors import Exhausted, Invalid, KemError, NotAuthenticated, NotPermitted
from kernel.restricted import may_see_restricted
from kernel.vocabulary import Role
from services.console.adapters.hub import Hub
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.inboxes import COUNT_CHANGES
from services.console.entrypoints.live_feed import Feed
from services.console.entrypoints.live_page import OpenPage
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.sessions import Sessions

READERS: Final = frozenset(
    {
        Role.INTAKE_WORKER,
        Role.CASEWORKER,
        Role.SUPERVISOR,
        Role.CHILD_PROTECTION_OFFICER,
        Role.GBV_FOCAL_POINT,
        Role.AGENCY_MEMBER,
        Role.AGENCY_ADMIN,
    }
)
INBOXES: Final = {"agency": delivery_pb2.INBOX_AGENCY, "desk": delivery_pb2.INBOX_DESK}
MOST_OF_A_PERSON: Final = 12
"""Open streams; a browser has one for the page that is looked at."""
SIGN_OF_LIFE_SECONDS: Final = 15.0
"""Proxies end what is silent for long."""
_CALLS: Final = ("InboxService/ListDeliveries", "InboxService/Subscribe", COUNT_CHANGES)


class Live:
    """The stream at /live, and what stands behind it.

    Args:
        stopping: ends every stream; browsers come back by themselves where somebody serves.
    """

    def __init__(self, hub: Hub, sessions: Sessions, stopping: asyncio.Event) -> None:
        self._hub = hub
        self._sessions = sessions
        self._stopping = stopping
        self._end: asyncio.Task[None] | None = None
        self._feeds: dict[tuple[str, str], Feed] = {}

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address."""
        return (Page("/live", self.stream, READERS, _CALLS, is_asked_by_itself=True),)

    @property
    def open_streams(self) -> int:
        """How many pages follow."""
        return sum(len(feed.pages) for feed in self._feeds.values())

    async def stream(self, visit: Visit) -> Response:
        """Says `changed` whenever the inbox has gone on, and `ended` when the session has.

        A page that names referrals hears of these alone, and one that names a case also of what is recorded
        there: what it shows of somebody is read again, and each reading is on record, so it is to be read
        when there is something new to see and not otherwise.

        Raises:
            Invalid: there is no such inbox, or no such case can be.
            NotPermitted: whoever works for no agency has none.
            Exhausted: the person has too many pages open.
        """
        name, user = visit.query("inbox"), visit.staff
        if name not in INBOXES:
            raise Invalid("There is no such inbox.", reason="INBOX_NOT_KNOWN")
        if user.agency_id is None:
            raise NotPermitted("Only who works for an agency has an inbox.", reason="NO_AGENCY")
        pages = [one for feed in self._feeds.values() for one in feed.pages]
        if sum(one.principal_id == user.principal_id for one in pages) >= MOST_OF_A_PERSON:
            raise Exhausted("Too many pages are open; close some.", reason="TOO_MANY_PAGES_OPEN")
        case = visit.query("case")
        if case and as_uuid(case) is None:
            raise Invalid("There is no such case.", reason="CASE_NOT_KNOWN")
        came_back = visit.request.headers.get("last-event-id", "")
        known, changes = _place_in(came_back or f"{visit.query('after')}.{visit.query('changes')}")
        asked = visit.request.query_params
        about = frozenset(filter(None, asked.getlist("referral"))) if "referral" in asked else None
        page = OpenPage(
            visit.session_token, user.principal_id, about, case, may_see_restricted(user.roles), changes
        )
        events = self._events((user.agency_id, name), page, known)
        headers = {"x-accel-buffering": "no"}  # a proxy is to pass on each event at once
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    async def _events(self, key: tuple[str, str], page: OpenPage, told: int | None) -> AsyncIterator[str]:
        """What a browser is sent. `told` None: it does not say what it knows, and hears what comes now."""
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(self._hub, self._sessions, INBOXES[key[1]])
        feed.open(page)
        self._end = self._end or asyncio.create_task(self._wake_at_the_end(), name="end of live")
        try:
            yield "retry: 2000\n\n"
            while not self._stopping.is_set():
                page.changed.clear()
                if told is None and feed.is_known:
                    told = feed.last_sequence
                    yield _known(told, page)
                if told is not None and (feed.last_sequence > told or page.is_counted_anew):
                    after, told = told, max(told, feed.last_sequence)
                    is_of_case = page.has_news_of_case()
                    is_new = is_of_case or (told > after and await feed.concerns(page, after, told))
                    yield _changed(told, page) if is_new else _known(told, page)
                    continue
                if not await self._is_told_in_time(page):
                    if page.is_out or not await self._is_signed_in(page):
                        yield "event: ended\ndata: session\n\n"
                        return
                    yield ": still here\n\n"
        finally:
            if page in feed.pages:
                feed.pages.remove(page)
            if not feed.pages and self._feeds.get(key) is feed:
                del self._feeds[key]
                feed.end()

    async def _wake_at_the_end(self) -> None:
        await self._stopping.wait()
        for feed in self._feeds.values():
            feed.wake()

    async def _is_told_in_time(self, page: OpenPage) -> bool:
        try:
            async with asyncio.timeout(SIGN_OF_LIFE_SECONDS):
                await page.changed.wait()
        except TimeoutError:
            return False
        return not page.is_out

    async def _is_signed_in(self, page: OpenPage) -> bool:
        try:
            return await self._sessions.user_of(page.session_token, by_itself=True) is not None
        except (NotAuthenticated, NotPermitted):
            return False
        except KemError:
            return True  # access is away for a moment: whoever was in stays so


def _changed(sequence: int, page: OpenPage) -> str:
    """Tells a page that there is something new, and by which place its browser comes back."""
    return f"{_place(sequence, page)}event: changed\ndata: {sequence}\n\n"


def _known(sequence: int, page: OpenPage) -> str:
    """Tells a page nothing but its place."""
    return f"{_place(sequence, page)}\n"


def _place(sequence: int, page: OpenPage) -> str:
    """How far the inbox is, and of a case how much has been recorded there."""
    return f"id: {sequence}\n" if page.changes is None else f"id: {sequence}.{page.changes}\n"


def _place_in(text: str) -> tuple[int | None, int | None]:
    """The two numbers of a place, each where it is one."""
    sequence, _, changes = text.partition(".")
    return (int(sequence) if sequence.isdecimal() else None, int(changes) if changes.isdecimal() else None)
