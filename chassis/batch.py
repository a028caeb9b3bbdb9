"""One batch of messages, from the first try to its commit: retried in place, the poison ones set aside."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import structlog

from chassis import fault_points
from chassis.batch_reader import HANDLER_FAILED, BatchReader, PoisonEvent, StreamFailed, only_once
from chassis.caller import Caller
from chassis.dead_letters import (
    DeadLetter,
    Parked,
    letters_to_redrive,
    lock_letter,
    mark_failed,
    mark_redriven,
    set_aside,
)
from chassis.events import IncomingEvent
from chassis.failures import is_of_the_deployment, is_passing
from chassis.inbox import accept_new, advance_progress
from chassis.incoming import Malformed, Message, read_message
from chassis.measures import batch_failures, batch_seconds, consumed_events
from chassis.postgres import Database
from chassis.trace_context import batch_span

TRIES_TOGETHER: Final = 2
TRIES: Final = 5
"""After so many tries an event that always fails alone is set aside (I12)."""
FIRST_DELAY_SECONDS: Final = 0.05
LONGEST_DELAY_SECONDS: Final = 2.0
REDRIVE_PAUSE_SECONDS: Final = 1.0
"""How often a consumer looks for letters that an operator wants taken again: one look at a small index."""

log = structlog.get_logger(__name__)


class BatchRunner:
    """Takes batches for one consumer; when `take` returns, what it took is committed and may be acked.

    A passing fault (broker, database or another service away) is retried for as long as it lasts and sets
    nothing aside. Any other error is tried twice with the whole batch, then event by event.
    """

    def __init__(self, service: str, consumer: str, database: Database, reader: BatchReader) -> None:
        self.consumer = consumer
        self._caller = Caller.of_service(service)
        self._database = database
        self._reader = reader

    async def take(self, messages: Sequence[Message]) -> None:
        """Commits the effect of every message, or its dead letter.

        Raises:
            StreamFailed: nothing can be committed until the installation is mended.
        """
        read = [read_message(message) for message in messages]
        events = only_once([event for event in read if isinstance(event, IncomingEvent)])
        letters = [
            DeadLetter(event.event, event.reason, tries=1) for event in read if isinstance(event, Malformed)
        ]
        started = time.monotonic()
        with batch_span(self.consumer, [event.traceparent for event in events]):
            if not await self._settle(events, letters, TRIES_TOGETHER, tries=0):
                await self._keep(letters)
                for event in events:
                    if not await self._settle([event], [], TRIES, tries=TRIES_TOGETHER):
                        await self._keep([DeadLetter(event, HANDLER_FAILED, TRIES)])
        batch_seconds.record(time.monotonic() - started, {"consumer": self.consumer})
        consumed_events.add(len(messages), {"consumer": self.consumer})

    async def _keep(self, letters: list[DeadLetter]) -> None:
        """Sets aside, or ends the process: what can be neither taken nor kept must not be acked."""
        if letters and not await self._settle([], letters, TRIES, tries=0):
            raise StreamFailed("DeadLetterNotWritten")

    async def _settle(
        self, events: list[IncomingEvent], letters: list[DeadLetter], limit: int, tries: int
    ) -> bool:
        """Tries until the commit; False when `limit` tries failed with errors that do not pass."""
        events, letters = list(events), list(letters)
        passing = 0
        while True:
            try:
                await self._attempt(events, letters)
                return True
            except PoisonEvent as poison:
                found = [event for event in events if event.event_id == poison.event_id]
                if found:
                    log.warning("event_set_aside", event_id=str(poison.event_id), reason=poison.reason)
                    events.remove(found[0])
                    letters.append(DeadLetter(found[0], poison.reason, tries + 1))
                    continue
                failure: Exception = poison
            except Exception as error:
                failure = error
            batch_failures.add(1, {"consumer": self.consumer, "error": type(failure).__name__})
            if is_passing(failure):
                passing += 1
                self._tell(failure, passing)
                await asyncio.sleep(_delay(passing))
                continue
            tries += 1
            self._tell(failure, tries)
            if is_of_the_deployment(failure):
                if tries >= TRIES:
                    raise StreamFailed(type(failure).__name__) from failure
            elif tries >= limit:
                return False
            await asyncio.sleep(_delay(tries))

    async def _attempt(self, events: list[IncomingEvent], letters: list[DeadLetter]) -> None:
        prepared = await self._reader.prepare(list(events)) if events else None
        await fault_points.reach(fault_points.BEFORE_TRANSACTION)
        async with self._database.transaction(self._caller) as tx:
            if letters:
                await set_aside(tx.connection, self.consumer, letters)
            new = await accept_new(tx.connection, self.consumer, events) if events else []
            if new:
                await self._reader.apply(tx, new, prepared)
            seen = [*events, *(letter.event for letter in letters if letter.event.source)]
            if seen:
                await advance_progress(tx.connection, self.consumer, seen)
            await fault_points.reach(fault_points.IN_TRANSACTION)

    async def redrive(self, *, asked_only: bool = False) -> int:
        """Tries letters again, one by one: what an operator asked for, and at start what was too new.

        Each is taken in one transaction with its letter's end, so it has one effect, whoever else tries it.
        Those that still cannot be taken stay; where a part is away, so does the wish.
        """
        async with self._database.pool.acquire() as connection:
            parked = await letters_to_redrive(connection, self.consumer, asked_only=asked_only)
        taken = 0
        for letter in parked:
            try:
                prepared = await self._reader.prepare([letter.event])
                async with self._database.transaction(self._caller) as tx:
                    if not await lock_letter(tx.connection, letter.letter_id):
                        continue
                    await self._reader.apply(tx, [letter.event], prepared)
                    await mark_redriven(tx.connection, letter.letter_id)
                taken += 1
            except Exception as error:
                self._tell(error, 1)
                if not is_passing(error):
                    await self._give_back(letter)
        if parked:
            log.info("dead_letters_redriven", consumer=self.consumer, count=taken, left=len(parked) - taken)
        return taken

    async def redrive_as_asked(self) -> None:
        """Takes the letters that operators ask for, from now on until it is cancelled."""
        while True:
            await asyncio.sleep(REDRIVE_PAUSE_SECONDS)
            try:
                await self.redrive(asked_only=True)
            except Exception as error:
                self._tell(error, 1)

    async def _give_back(self, letter: Parked) -> None:
        async with self._database.pool.acquire() as connection:
            await mark_failed(connection, letter.letter_id)

    def _tell(self, error: Exception, tries: int) -> None:
        log.warning("batch_failed", consumer=self.consumer, error=type(error).__name__, tries=tries)


def _delay(tries: int) -> float:
    """Seconds until the next try: doubles, up to a bound."""
    return min(FIRST_DELAY_SECONDS * float(2 ** min(tries - 1, 10)), LONGEST_DELAY_SECONDS)
