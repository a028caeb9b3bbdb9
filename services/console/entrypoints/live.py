"""Tells open pages that something has changed, by server-sent events; what has, a page reads anew by itself.

One stream of notifications serves all browsers of an agency. Nothing of a case goes over it but a number.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import structlog
from starlette.responses import Response, StreamingResponse

from chassis.remote_errors import remote_refusals
from kem.notifications.v1 import delivery_pb2
from kem.notifications.v1 import inbox_service_pb2 as messages
from kernel.errors import Exhausted, Invalid, KemError, NotAuthenticated, NotPermitted
from kernel.vocabulary import Role
from services.console.adapters.hub import Hub, ask
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
_LONGEST_PAUSE_SECONDS: Final = 5.0
_CALLS: Final = ("InboxService/ListDeliveries", "InboxService/Subscribe")

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Browser:
    """One open page: whose, and what wakes it."""

    session_token: str
    principal_id: str
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_out: bool = False
    """Its session has ended."""


class _Feed:
    """What is known of one inbox of one agency, as long as a page is open that follows it."""

    def __init__(self, hub: Hub, sessions: Sessions, inbox: delivery_pb2.Inbox.ValueType) -> None:
        self._hub = hub
        self._sessions = sessions
        self._inbox = inbox
        self.browsers: list[_Browser] = []
        self.last_sequence = 0
        self.is_known = False
        self.task = asyncio.create_task(self._run(), name="live")

    def wake(self) -> None:
        for browser in self.browsers:
            browser.changed.set()

    async def _run(self) -> None:
        """Follows the inbox by the word of whoever has opened a page last; never ends by itself."""
        pause = 0.1
        while True:
            began = time.monotonic()
            try:
                await self._follow()
            except KemError as error:
                # perhaps it is this reader who no longer may: the next try is by another one's word
                self.browsers[:] = [*self.browsers[-1:], *self.browsers[:-1]]
                log.debug("live_interrupted", reason=error.stable_reason)
            except Exception as error:  # whatever it is, open pages wait for the next try
                log.warning("live_failed", error=type(error).__name__)
            pause = 0.1 if time.monotonic() - began > 1 else min(2 * pause, _LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)

    async def _follow(self) -> None:
        if not self.browsers:
            return
        browser = self.browsers[-1]
        user = await self._sessions.user_of(browser.session_token, by_itself=True)
        if user is None:
            self.browsers.remove(browser)
            browser.is_out = True
            browser.changed.set()
            return
        if not self.last_sequence:
            known = await ask(
                self._hub.inbox.ListDeliveries,
                messages.ListDeliveriesRequest(inbox=self._inbox, page_size=1),
                user.metadata,
            )
            self.is_known = True
            self._advance(known.last_sequence)
            self.wake()
        request = messages.SubscribeRequest(inbox=self._inbox, after_sequence=self.last_sequence)
        with remote_refusals():
            async for answer in self._hub.inbox.Subscribe(request, metadata=user.metadata):
                self._advance(answer.last_sequence)

    def _advance(self, sequence: int) -> None:
        if sequence > self.last_sequence:
            self.last_sequence = sequence
            self.wake()


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
        self._feeds: dict[tuple[str, str], _Feed] = {}

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address."""
        return (Page("/live", self.stream, READERS, _CALLS, is_asked_by_itself=True),)

    @property
    def open_streams(self) -> int:
        """How many pages follow."""
        return sum(len(feed.browsers) for feed in self._feeds.values())

    async def stream(self, visit: Visit) -> Response:
        """Says `changed` whenever the inbox has gone on, and `ended` when the session has.

        Raises:
            Invalid: there is no such inbox.
            NotPermitted: whoever works for no agency has none.
            Exhausted: the person has too many pages open.
        """
        name, user = visit.query("inbox"), visit.staff
        if name not in INBOXES:
            raise Invalid("There is no such inbox.", reason="INBOX_NOT_KNOWN")
        if user.agency_id is None:
            raise NotPermitted("Only who works for an agency has an inbox.", reason="NO_AGENCY")
        browsers = [one for feed in self._feeds.values() for one in feed.browsers]
        if sum(one.principal_id == user.principal_id for one in browsers) >= MOST_OF_A_PERSON:
            raise Exhausted("Too many pages are open; close some.", reason="TOO_MANY_PAGES_OPEN")
        told = visit.request.headers.get("last-event-id") or visit.query("after")
        known = int(told) if told.isdecimal() else None
        browser = _Browser(visit.session_token, user.principal_id)
        events = self._events((user.agency_id, name), browser, known)
        headers = {"x-accel-buffering": "no"}  # a proxy is to pass on each event at once
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    async def _events(self, key: tuple[str, str], browser: _Browser, told: int | None) -> AsyncIterator[str]:
        """What a browser is sent. `told` None: it does not say what it knows, and hears what comes now."""
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = _Feed(self._hub, self._sessions, INBOXES[key[1]])
        feed.browsers.append(browser)
        self._end = self._end or asyncio.create_task(self._wake_at_the_end(), name="end of live")
        try:
            yield "retry: 2000\n\n"
            while not self._stopping.is_set():
                browser.changed.clear()
                if told is None and feed.is_known:
                    told = feed.last_sequence
                    yield f"id: {told}\n\n"  # nothing is told by that: with it a browser comes back
                if told is not None and feed.last_sequence > told:
                    told = feed.last_sequence
                    yield f"id: {told}\nevent: changed\ndata: {told}\n\n"
                    continue
                if not await self._is_told_in_time(browser):
                    if browser.is_out or not await self._is_signed_in(browser):
                        yield "event: ended\ndata: session\n\n"
                        return
                    yield ": still here\n\n"
        finally:
            if browser in feed.browsers:
                feed.browsers.remove(browser)
            if not feed.browsers and self._feeds.get(key) is feed:
                del self._feeds[key]
                feed.task.cancel()

    async def _wake_at_the_end(self) -> None:
        await self._stopping.wait()
        for feed in self._feeds.values():
            feed.wake()

    async def _is_told_in_time(self, browser: _Browser) -> bool:
        try:
            async with asyncio.timeout(SIGN_OF_LIFE_SECONDS):
                await browser.changed.wait()
        except TimeoutError:
            return False
        return not browser.is_out

    async def _is_signed_in(self, browser: _Browser) -> bool:
        try:
            return await self._sessions.user_of(browser.session_token, by_itself=True) is not None
        except (NotAuthenticated, NotPermitted):
            return False
        except KemError:
            return True  # access is away for a moment: whoever was in stays so
