"""What was answered while nobody read is told overdue to nobody: the clock waits for the stream."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from chassis import topics
from chassis.postgres import Database
from services.notifications.adapters.postgres_deadlines import PostgresDeadlines
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.topic_reading import TopicReading
from services.notifications.entrypoints.deadline_clock import DeadlineClock
from services.notifications.entrypoints.stream import CONSUMER
from tests.component.notifications.inbox_service import PATIENCE_SECONDS, InboxHub
from tests.integration.chassis.waiting import until
from tests.integration.notifications.inboxes import SYSTEM
from tests.support.officer_facts import complaint_facts

READS = "grpc,stream,relay"
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
async def worker(hub: InboxHub) -> AsyncIterator[Database]:
    opened = await Database.open(hub.files.worker_url("notifications"), schema="notifications")
    yield opened
    await opened.close()


async def test_what_was_answered_meanwhile_is_not_overdue_and_what_was_not_is(
    hub: InboxHub, worker: Database
) -> None:
    topic = TopicReading(hub.bootstrap, CONSUMER, topics.DISCLOSURE)
    clock = DeadlineClock(worker, PostgresDeadlines(), PostgresDeliveries(), topic, timedelta(0))

    async def tick() -> int:
        """As the timer does."""
        await clock.prepare()
        async with worker.transaction(SYSTEM) as tx:
            return await clock.take(tx)

    def count(condition: str) -> int:
        return int(hub.files.execute(f"select count(*) from notifications.{condition}"))

    registered, answered = complaint_facts(YESTERDAY)
    left, _ = complaint_facts(YESTERDAY)
    _, process = await hub.start(READS)
    await hub.tell_of_intake(registered)
    await until(lambda: count("deadline") == 1)
    process.terminate()
    process.wait(PATIENCE_SECONDS)
    await hub.tell_of_intake(answered, left)

    async def lies_there_unread() -> bool:
        reading = await topic.look()
        return sum(reading.ends.values()) == 3 and not reading.has_taken(reading.ends)

    await until(lies_there_unread)
    assert [await tick() for _ in range(3)] == [0, 0, 0]
    await hub.start(READS)
    await until(tick)
    assert count("deadline where answered_time is not null") == 1
    assert count("delivery where kind = 'ComplaintOverdue'") == 2, "of the other one, to both officers"
    assert await tick() == 0
