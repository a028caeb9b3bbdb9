"""One open stream: a short queue between what is committed and a reader who may be slow, or gone."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from kem.notifications.v1.inbox_service_pb2 import SubscribeResponse
from kernel.ids import RecipientId

QUEUE: Final = 400
"""Messages held for one reader, about 100 KB; what does not fit stays in the database."""


class Subscription:
    """Where one reader of one inbox stands. A reader that is behind holds nothing up: it is read for later.

    `cursor` is the sequence of the last message that was put into the queue.
    """

    def __init__(self, recipient_id: RecipientId, after_sequence: int, room: asyncio.Event) -> None:
        self.recipient_id = recipient_id
        self.cursor = after_sequence
        self.is_behind = False
        self._room = room
        self._queue: deque[SubscribeResponse] = deque()
        self._filled = asyncio.Event()

    @property
    def wants_page(self) -> bool:
        """Whether there is something to read from the database, and room for it."""
        return self.is_behind and not self._queue

    def put(self, messages: Sequence[SubscribeResponse]) -> None:
        """Takes a run of new messages if it continues what is queued, else notes that they must be read."""
        new = [message for message in messages if message.delivery.sequence > self.cursor]
        if not new or self.is_behind:
            return
        if new[0].delivery.sequence != self.cursor + 1 or len(self._queue) + len(new) > QUEUE:
            self.is_behind = True
            if not self._queue:
                self._room.set()
            return
        self._take(new)

    def put_page(self, messages: Sequence[SubscribeResponse], *, end_sequence: int) -> None:
        """Takes what was read behind the cursor.

        Args:
            end_sequence: where the inbox ended before it was read: with no message found, everything up to
                there has been forgotten because of its age, and the reader goes on behind it.
        """
        if messages:
            self._take(messages)
        else:
            self.cursor = max(self.cursor, end_sequence)

    async def take(self, patience_seconds: float) -> list[SubscribeResponse]:
        """What is queued; empty when nothing came in time."""
        if not self._queue:
            self._filled.clear()
            try:
                async with asyncio.timeout(patience_seconds):
                    await self._filled.wait()
            except TimeoutError:
                return []
        taken = list(self._queue)
        self._queue.clear()
        if self.is_behind:
            self._room.set()
        return taken

    def _take(self, messages: Sequence[SubscribeResponse]) -> None:
        self._queue.extend(messages)
        self.cursor = messages[-1].delivery.sequence
        self._filled.set()
