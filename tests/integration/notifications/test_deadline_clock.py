"""The clock tells nothing of which it does not know that nobody has answered it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis import topics
from kernel.errors import Unavailable
from services.notifications.adapters.postgres_deadlines import PostgresDeadlines
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.topic_reading import Reading, TopicReading
from services.notifications.entrypoints.deadline_clock import DeadlineClock
from tests.integration.notifications.inboxes import SYSTEM, Notifications
from tests.support.officer_facts import complaint_facts
from tests.support.recall_facts import incoming_from_intake
from tools.stack.broker import Broker

NOW = datetime.now(UTC)


def clock_at(notifications: Notifications, bootstrap: str, on_its_way: timedelta) -> DeadlineClock:
    topic = TopicReading(bootstrap, f"reader-{uuid4()}", topics.DISCLOSURE)
    return DeadlineClock(notifications.worker, PostgresDeadlines(), PostgresDeliveries(), topic, on_its_way)


async def told_by(clock: DeadlineClock, notifications: Notifications) -> int:
    async with notifications.worker.transaction(SYSTEM) as tx:
        return await clock.take(tx)


async def test_nothing_is_told_while_no_broker_says_what_lies_there(notifications: Notifications) -> None:
    clock = clock_at(notifications, "127.0.0.1:9", timedelta(0))
    await clock.prepare()  # nothing is due, and nobody is asked
    await notifications.take(incoming_from_intake(complaint_facts(NOW - timedelta(days=1))[0]))
    with pytest.raises(Unavailable):
        await clock.prepare()
    assert await told_by(clock, notifications) == 0


async def test_what_may_still_be_on_its_way_is_waited_for(
    notifications: Notifications, fresh_broker: Callable[[], Broker]
) -> None:
    bootstrap = fresh_broker().bootstrap
    await notifications.take(incoming_from_intake(complaint_facts(NOW - timedelta(days=1))[0]))
    patient, other = [clock_at(notifications, bootstrap, span) for span in (timedelta(hours=1), timedelta(0))]
    await patient.prepare()
    assert await told_by(patient, notifications) == 0, "this process began a moment ago"
    await other.prepare()
    assert await told_by(other, notifications) == 1


@pytest.mark.parametrize(
    ("taken", "ends", "is_taken", "is_shorter"),
    [(5, 5, True, False), (4, 5, False, False), (6, 5, True, False), (9, 8, True, True)],
)
def test_what_is_read_is_known_by_partition(taken: int, ends: int, is_taken: bool, is_shorter: bool) -> None:
    reading = Reading({0: 7, 1: 0}, {0: taken, 1: 0})
    assert reading.has_taken({0: ends, 1: 0}) is is_taken
    assert reading.is_shorter_than({0: ends, 1: 0}) is is_shorter
