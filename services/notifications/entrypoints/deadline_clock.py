"""When officers are told that something is due or overdue: once all that was told until then is read.

While nobody read the topic something may have been answered, and the answer lies there: until it is taken,
nobody is told that the time for it has passed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from chassis.postgres import Database, Transaction
from services.notifications.adapters.postgres_deadlines import PostgresDeadlines
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.topic_reading import TopicReading
from services.notifications.use_cases.tell_deadlines import tell_deadlines

ON_ITS_WAY: Final = timedelta(minutes=1)
"""So long after its time, and after this process began, what was told in time is on its topic: a hub that was
ended and has begun again sends what it has left over.
"""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class DeadlineClock:
    """Looks at the topic only while something is due."""

    def __init__(
        self,
        database: Database,
        deadlines: PostgresDeadlines,
        deliveries: PostgresDeliveries,
        topic: TopicReading,
        on_its_way: timedelta = ON_ITS_WAY,
    ) -> None:
        self._database = database
        self._deadlines = deadlines
        self._deliveries = deliveries
        self._topic = topic
        self._on_its_way = on_its_way
        self._began_time: datetime | None = None
        self._known_until = _NEVER
        self._awaited: tuple[datetime, Mapping[int, int]] | None = None

    async def prepare(self) -> None:
        """Finds out until when all is read. Outside of any transaction.

        Raises:
            Unavailable: the broker does not answer; nothing is told meanwhile.
        """
        now, due_time = await self._deadlines.first_due(self._database.pool)
        self._began_time = self._began_time or now
        if due_time is None or (
            self._awaited is None and now - max(due_time, self._began_time) < self._on_its_way
        ):
            return
        reading = await self._topic.look()
        time, ends = self._awaited or (now, reading.ends)
        if reading.is_shorter_than(ends):
            self._awaited = None
        elif reading.has_taken(ends):
            self._known_until, self._awaited = time - self._on_its_way, None
        else:
            self._awaited = time, ends

    async def take(self, tx: Transaction) -> int:
        """Tells of those whose time had come by then; answers how many. For the next ones it looks anew."""
        until_time, self._known_until = self._known_until, _NEVER
        return await tell_deadlines(tx, self._deadlines, self._deliveries, until_time)
