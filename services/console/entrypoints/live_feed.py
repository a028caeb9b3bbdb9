"""What is known of one inbox while pages follow it: how far it has come, and which referrals moved when."""

import asyncio
import time
from collections.abc import Set
from typing import Final

import structlog

from chassis.remote_errors import remote_refusals
from kem.notifications.v1 import delivery_pb2
from kem.notifications.v1 import inbox_service_pb2 as messages
from kernel.errors import KemError
from services.console.adapters.hub import Hub, ask
from services.console.entrypoints.live_cases import Cases
from services.console.entrypoints.live_page import OpenPage
from services.console.entrypoints.sessions import Sessions

MOST_REMEMBERED: Final = 5000
"""Referrals of an inbox of which the feed knows when they moved last."""
_MOST_LOOKED_UP: Final = 200
_LONGEST_PAUSE_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


class Moves:
    """When each referral of an inbox moved last, by sequence, since a sequence."""

    def __init__(self, since: int) -> None:
        self.since = since
        """After it everything is known."""
        self._last: dict[str, int] = {}  # in the order of their sequences

    def note(self, referral_id: str, sequence: int) -> None:
        """One more delivery, the newest."""
        self._last.pop(referral_id, None)
        self._last[referral_id] = sequence
        if len(self._last) > MOST_REMEMBERED:
            oldest = next(iter(self._last))
            self.since = max(self.since, self._last.pop(oldest))

    def has_moved(self, referral_ids: Set[str], after: int) -> bool | None:
        """Whether one of them has moved after a sequence; None where that is longer ago than is known."""
        if any(self._last.get(one, 0) > after for one in referral_ids):
            return True
        return False if after >= self.since else None


class Feed:
    """Follows one inbox of one agency, by one stream for all its open pages."""

    def __init__(self, hub: Hub, sessions: Sessions, inbox: delivery_pb2.Inbox.ValueType) -> None:
        self._hub = hub
        self._sessions = sessions
        self._inbox = inbox
        self._moves = Moves(0)
        self.pages: list[OpenPage] = []
        self.last_sequence = 0
        self.is_known = False
        self.cases = Cases(hub, sessions, self.pages)
        self._tasks = [
            asyncio.create_task(self._run(), name="live"),
            asyncio.create_task(self.cases.run(), name="live cases"),
        ]

    def open(self, page: OpenPage) -> None:
        """One more page follows."""
        self.pages.append(page)
        self.cases.look_soon()

    def end(self) -> None:
        """Nobody follows any more."""
        for task in self._tasks:
            task.cancel()

    def wake(self) -> None:
        """Lets every page look what has changed."""
        for page in self.pages:
            page.changed.set()

    async def concerns(self, page: OpenPage, after: int, until: int) -> bool:
        """Whether what came after a sequence is about what the page shows.

        What came before the feed began is looked up; where that cannot be told, the page had better look.
        """
        if page.referral_ids is None:
            return True
        has_moved = self._moves.has_moved(page.referral_ids, after)
        if has_moved is not None:
            return has_moved
        request = messages.ListDeliveriesRequest(
            inbox=self._inbox, after_sequence=after, page_size=_MOST_LOOKED_UP
        )
        try:
            user = await self._sessions.user_of(page.session_token, by_itself=True)
            if user is None:
                return True
            found = await ask(self._hub.inbox.ListDeliveries, request, user.metadata)
        except KemError:
            return True
        seen = found.deliveries
        is_whole = bool(seen) and seen[-1].sequence >= until
        return not is_whole or any(one.referral_id in page.referral_ids for one in seen)

    async def _run(self) -> None:
        """Follows the inbox by the word of whoever has opened a page last; never ends by itself."""
        pause = 0.1
        while True:
            began = time.monotonic()
            try:
                await self._follow()
            except KemError as error:
                # perhaps it is this reader who no longer may: the next try is by another one's word
                self.pages[:] = [*self.pages[-1:], *self.pages[:-1]]
                log.debug("live_interrupted", reason=error.stable_reason)
            except Exception as error:  # whatever it is, open pages wait for the next try
                log.warning("live_failed", error=type(error).__name__)
            pause = 0.1 if time.monotonic() - began > 1 else min(2 * pause, _LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)

    async def _follow(self) -> None:
        if not self.pages:
            return
        page = self.pages[-1]
        user = await self._sessions.user_of(page.session_token, by_itself=True)
        if user is None:
            self.pages.remove(page)
            page.is_out = True
            page.changed.set()
            return
        if not self.is_known:
            known = await ask(
                self._hub.inbox.ListDeliveries,
                messages.ListDeliveriesRequest(inbox=self._inbox, page_size=1),
                user.metadata,
            )
            self.is_known = True
            self.last_sequence, self._moves = known.last_sequence, Moves(known.last_sequence)
            self.wake()
        request = messages.SubscribeRequest(inbox=self._inbox, after_sequence=self.last_sequence)
        with remote_refusals():
            async for answer in self._hub.inbox.Subscribe(request, metadata=user.metadata):
                if answer.HasField("delivery"):
                    self._advance(answer.delivery)

    def _advance(self, delivery: delivery_pb2.Delivery) -> None:
        if delivery.sequence > self.last_sequence:
            self.last_sequence = delivery.sequence
            self._moves.note(delivery.referral_id, delivery.sequence)
            self.cases.look_soon()  # a need that a colleague records is a referral that no page knows
            self.wake()
