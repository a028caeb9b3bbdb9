"""The servers that all other tests stand on."""

import asyncpg
import pytest

from chassis.topics import PARTITIONS, TOPICS
from tests.support.postgres import MakeDatabase
from tools.stack.broker import Broker
from tools.stack.failure import StackFailure
from tools.stack.topics import compare_topics, create_topics


async def test_each_login_finds_its_schema_and_only_its_schema(fresh_database: MakeDatabase) -> None:
    database = fresh_database(schemas=("referral", "intake"))
    for login in (database.app_url(), database.worker_url()):
        connection = await asyncpg.connect(login)
        try:
            assert await connection.fetchval("SELECT current_schema()") == "referral"
            await connection.fetch("SELECT * FROM outbox")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("SELECT * FROM intake.outbox")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("CREATE TABLE referral.mine (id int)")
        finally:
            await connection.close()


async def test_the_independent_reader_reads_all_schemas_and_writes_none(fresh_database: MakeDatabase) -> None:
    database = fresh_database(schemas=("referral", "intake"))
    connection = await asyncpg.connect(database.check_url)
    try:
        for schema in ("referral", "intake"):
            await connection.fetch(f"SELECT * FROM {schema}.outbox")
            await connection.execute("SET default_transaction_read_only = off")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"DELETE FROM {schema}.outbox")
    finally:
        await connection.close()


async def test_what_one_test_writes_no_other_test_sees(fresh_database: MakeDatabase) -> None:
    one, other = fresh_database(schemas=("referral",)), fresh_database(schemas=("referral",))
    one.execute("CREATE TABLE referral.mark (id int)")
    assert one.execute("SELECT to_regclass('referral.mark') IS NULL").strip() == "f"
    assert other.execute("SELECT to_regclass('referral.mark') IS NULL").strip() == "t"


def test_topics_are_made_once_and_stay(broker: Broker) -> None:
    from kafka import KafkaConsumer

    assert create_topics(broker.bootstrap) == []
    assert compare_topics(broker.bootstrap, replication=1) == []
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap)
    try:
        assert {topic: consumer.partitions_for_topic(topic) for topic in TOPICS} == {
            topic: set(range(PARTITIONS)) for topic in TOPICS
        }
    finally:
        consumer.close()


def test_a_broker_on_a_taken_port_is_refused_before_it_starts(broker: Broker) -> None:
    with pytest.raises(StackFailure, match=f"Port {broker.port} is taken"):
        Broker(broker.port, broker.log).start()
