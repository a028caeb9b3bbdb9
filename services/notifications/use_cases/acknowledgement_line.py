"""Many clients' words, one commit: whoever acknowledges within a moment shares a transaction.

A partner acknowledges several times a second, and what that costs is the commit and what others make of it,
not the row.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from chassis.caller import Caller
from chassis.failures import is_passing
from chassis.postgres import Database
from kernel.errors import Exhausted, Unavailable
from kernel.ids import RecipientId
from services.notifications.adapters.postgres_acknowledgements import PostgresAcknowledgements
from services.notifications.domain.acknowledgement import SequenceNotKnown
from services.notifications.domain.recipient import Inbox
from services.notifications.use_cases.acknowledge_deliveries import Acknowledgement, acknowledge_deliveries
from services.notifications.use_cases.open_inbox import open_inbox

GATHERING_SECONDS: Final = 0.03
"""No person waits for it: it is a program's word to a program."""
MOST_TOGETHER: Final = 200
MOST_WAITING: Final = 5_000

_Waiting = tuple[Acknowledgement, asyncio.Future[int]]


class AcknowledgementLine:
    """Takes words in line; `run` is the one task that commits them. Answers come after the commit only."""

    def __init__(self, database: Database, acknowledgements: PostgresAcknowledgements) -> None:
        self._database = database
        self._acknowledgements = acknowledgements
        self._caller = Caller.of_service(database.schema)
        self._line: asyncio.Queue[_Waiting] = asyncio.Queue(MOST_WAITING)
        self._put_off: list[_Waiting] = []

    async def acknowledge(self, inbox: Inbox, up_to_sequence: int, caller: Caller) -> int:
        """Acknowledges everything up to a sequence; answers how far is acknowledged now.

        Repeat-safe: what was acknowledged before changes nothing and tells nobody. A client that comes back
        with very many new offers is taken at its word in several commits, each with a fact of its own.

        Raises:
            SequenceNotKnown: the inbox ends before it.
            NotPermitted: not the caller's inbox.
            Exhausted, Unavailable: not taken now; the same word is safe to say again.
        """
        recipient = open_inbox(inbox, caller)
        while True:
            answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            try:
                self._line.put_nowait((Acknowledgement(recipient, up_to_sequence, caller), answer))
            except asyncio.QueueFull:
                raise Exhausted("Too many acknowledgements are in line; try again in a moment.") from None
            acknowledged = await answer
            if acknowledged >= up_to_sequence:
                return acknowledged

    async def run(self) -> None:
        """Commits until cancelled; who is in line then is told to say it again."""
        try:
            while True:
                await self._commit_or_refuse(await self._next_batch())
        finally:
            while not self._line.empty():
                self._put_off.append(self._line.get_nowait())
            _refuse(self._put_off, Unavailable("The service is stopping; send the same again."))

    async def _next_batch(self) -> list[_Waiting]:
        """What has come within a moment, one word about each inbox; a second one waits for the next batch."""
        if not self._put_off:
            self._put_off.append(await self._line.get())
            await asyncio.sleep(GATHERING_SECONDS)
        candidates, self._put_off = self._put_off, []
        while len(candidates) < MOST_TOGETHER and not self._line.empty():
            candidates.append(self._line.get_nowait())
        batch: dict[RecipientId, _Waiting] = {}
        for one in candidates:
            word, answer = one
            if not answer.done() and batch.setdefault(word.recipient.recipient_id, one) is not one:
                self._put_off.append(one)
        return list(batch.values())

    async def _commit_or_refuse(self, batch: Sequence[_Waiting]) -> None:
        """When one word spoils the batch, each is committed for itself, so that only that one is refused."""
        try:
            await self._commit(batch)
        except Exception as error:
            if len(batch) == 1 or is_passing(error):
                _refuse(batch, _told(error))
                return
            for one in batch:
                await self._commit_or_refuse([one])

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        async with self._database.transaction(self._caller) as tx:
            outcomes = await acknowledge_deliveries([word for word, _ in batch], tx, self._acknowledgements)
        for (_, answer), outcome in zip(batch, outcomes, strict=True):
            if answer.done():
                continue
            if isinstance(outcome, SequenceNotKnown):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)


def _told(error: Exception) -> Exception:
    """The error as a client is told it."""
    return Unavailable("It could not be noted just now; send the same again.") if is_passing(error) else error


def _refuse(waiting: Sequence[_Waiting], error: Exception) -> None:
    for _, answer in waiting:
        if not answer.done():
            answer.set_exception(error)
