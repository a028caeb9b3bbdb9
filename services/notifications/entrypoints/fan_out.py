"""Hands new deliveries to the streams that are open in this process."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Final

import structlog

from chassis.failures import is_passing
from chassis.postgres import Database
from kem.notifications.v1.inbox_service_pb2 import SubscribeResponse
from kernel.errors import Exhausted
from kernel.ids import RecipientId
from services.notifications.adapters.delivery_messages import delivery_message
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.domain.delivery import Delivery
from services.notifications.entrypoints.subscription import QUEUE, Subscription

POLL_SECONDS: Final = 0.2
"""Another process may have written: one statement for all open streams asks how far their inboxes are."""

PAGE: Final = QUEUE // 4
PLACES_A_STATEMENT: Final = 20
"""Together at most 2,000 rows: more would keep the loop, and so all other calls, waiting too long."""
RETRY_SECONDS: Final = 0.5

log = structlog.get_logger(__name__)


class FanOut:
    """Every stream of this process. What is committed here is passed on from memory, in the loop's next turn;
    what a stream has missed, or another process wrote, is read in pages, a page for each in turn.

    It reads as the batches' login, for many inboxes in one statement: who may open which inbox was decided
    before a stream opens.
    """

    def __init__(self, database: Database, deliveries: PostgresDeliveries, *, most_per_inbox: int) -> None:
        self._database = database
        self._deliveries = deliveries
        self._most_per_inbox = most_per_inbox
        self._open: dict[RecipientId, set[Subscription]] = {}
        self._ends: dict[RecipientId, int] = {}
        self._wake = asyncio.Event()

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return sum(map(len, self._open.values()))

    def end_of(self, recipient_id: RecipientId) -> int:
        """The newest sequence of an inbox with an open stream, as far as this process knows."""
        return self._ends.get(recipient_id, 0)

    @contextmanager
    def subscribed(self, recipient_id: RecipientId, after_sequence: int) -> Iterator[Subscription]:
        """A stream's place, for as long as it is open. Ask the database for the inbox's end afterwards, and
        tell it by `learn_end`: what is committed in between is not missed then.

        Raises:
            Exhausted: the inbox has as many open streams as it may have.
        """
        if len(self._open.get(recipient_id, ())) >= self._most_per_inbox:
            raise Exhausted("This inbox has too many open streams; close some.", retry_delay_seconds=30)
        one = Subscription(recipient_id, after_sequence, self._wake)
        self._open.setdefault(recipient_id, set()).add(one)
        self.learn_end(recipient_id, 0)
        self._wake.set()
        try:
            yield one
        finally:
            others = self._open[recipient_id]
            others.discard(one)
            if not others:
                del self._open[recipient_id]
                del self._ends[recipient_id]

    def learn_end(self, recipient_id: RecipientId, last_sequence: int) -> None:
        """Notes how far an inbox has come, and which of its streams are behind."""
        if recipient_id not in self._open:
            return
        self._advance(recipient_id, last_sequence)
        for one in self._open[recipient_id]:
            one.is_behind = one.cursor < self.end_of(recipient_id)
            if one.wants_page:
                self._wake.set()

    def pass_on(self, deliveries: Iterable[Delivery]) -> None:
        """Gives committed deliveries to the streams that are open for them; in order within each inbox."""
        by_inbox: dict[RecipientId, list[Delivery]] = {}
        for delivery in deliveries:
            if delivery.recipient_id in self._open:
                by_inbox.setdefault(delivery.recipient_id, []).append(delivery)
        for recipient_id, run in by_inbox.items():
            self._advance(recipient_id, run[-1].sequence)
            messages = self._messages(recipient_id, run)
            for one in self._open[recipient_id]:
                one.put(messages)

    async def run(self) -> None:
        """Reads what streams miss for ever; a lost database is waited for."""
        loop = asyncio.get_running_loop()
        next_poll = loop.time()
        while True:
            self._wake.clear()
            try:
                if self._open and loop.time() >= next_poll:
                    next_poll = loop.time() + POLL_SECONDS
                    await self._look_for_news()
                if not await self._read_pages():
                    await self._sleep(next_poll - loop.time() if self._open else None)
            except Exception as error:
                if not is_passing(error):
                    raise
                log.warning("deliveries_not_read", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _look_for_news(self) -> None:
        ends = await self._deliveries.last_sequences(self._database.pool, list(self._open))
        for recipient_id, last_sequence in ends.items():
            self.learn_end(recipient_id, last_sequence)

    async def _read_pages(self) -> bool:
        """Reads one page for each stream that is behind and has room; False where none is."""
        waiting = sorted((one for one in self._all() if one.wants_page), key=_place)
        at_places = [(place, list(readers)) for place, readers in groupby(waiting, key=_place)]
        for start in range(0, len(at_places), PLACES_A_STATEMENT):
            some = at_places[start : start + PLACES_A_STATEMENT]
            # before the statement: what it does not see although the inbox had come so far is forgotten
            ends = [self.end_of(place[0]) for place, _ in some]
            pages = await self._deliveries.pages(self._database.pool, [place for place, _ in some], PAGE)
            for (place, readers), end in zip(some, ends, strict=True):
                messages = self._messages(place[0], pages[place])
                for one in readers:
                    one.put_page(messages, end_sequence=end)
                    one.is_behind = one.cursor < max(self.end_of(place[0]), end)
        return bool(waiting)

    def _messages(self, recipient_id: RecipientId, run: Sequence[Delivery]) -> list[SubscribeResponse]:
        """Made once for all readers of the inbox."""
        last_sequence = max(self.end_of(recipient_id), run[-1].sequence) if run else 0
        return [
            SubscribeResponse(delivery=delivery_message(delivery), last_sequence=last_sequence)
            for delivery in run
        ]

    def _advance(self, recipient_id: RecipientId, last_sequence: int) -> None:
        self._ends[recipient_id] = max(self._ends.get(recipient_id, 0), last_sequence)

    def _all(self) -> list[Subscription]:
        return [one for readers in self._open.values() for one in readers]

    async def _sleep(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if seconds is None else max(seconds, 0)):
                await self._wake.wait()


def _place(one: Subscription) -> tuple[RecipientId, int]:
    return one.recipient_id, one.cursor
