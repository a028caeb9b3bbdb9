"""What waits behind intake, as the outbox and a real broker tell it."""

from collections.abc import Callable
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from chassis import topics
from services.intake.adapters.backlog import Backlog
from tests.integration.chassis.waiting import running, until
from tests.support.consented_people import OpenIntake
from tools.stack.broker import Broker


async def _committed_at_the_end(broker: Broker, group: str) -> None:
    """The group has read all that there is."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topics.INTAKE, number) for number in range(topics.PARTITIONS)]
        consumer.assign(places)
        await consumer.commit(await consumer.end_offsets(places))
    finally:
        await consumer.stop()


async def test_events_that_referral_has_not_read_are_counted(
    intake: OpenIntake, fresh_broker: Callable[[], Broker]
) -> None:
    broker, group = fresh_broker(), f"reader-{uuid4()}"
    await _committed_at_the_end(broker, group)
    backlog = Backlog(intake.database, broker.bootstrap, group=group, most=3)
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    async with running(backlog.run()):
        await producer.start()
        try:
            for number in range(4):
                await producer.send_and_wait(topics.INTAKE, b"x", partition=number % 2)
            await until(lambda: backlog.unread == 4)
            await _committed_at_the_end(broker, group)
            await until(lambda: backlog.unread == 0)
        finally:
            await producer.stop()


async def test_a_broker_that_is_away_refuses_nobody(intake: OpenIntake) -> None:
    backlog = Backlog(intake.database, "127.0.0.1:9", most=3)
    async with running(backlog.run()):
        await intake.person()
        await until(lambda: backlog.unsent > 0)
        async with backlog.admitted():
            assert backlog.admission.in_flight == 1
