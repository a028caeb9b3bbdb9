"""How a service stands, as its own tables have it."""

from chassis.operations import Reached, read_unread
from chassis.postgres import Database
from tests.integration.chassis.conftest import SCHEMA
from tests.support.postgres import FreshDatabase

TOPICS = ("kem.intake.v1", "kem.access.v1")


async def test_what_is_unread_is_counted_up_to_a_limit_and_its_oldest_is_the_first_behind(
    stored: FreshDatabase, database: Database
) -> None:
    stored.execute(
        f"insert into {SCHEMA}.event_log (position, event_id, topic, partition, key, aggregate_id,"
        " aggregate_version, type, event_time, payload)"
        f" select n, gen_random_uuid(), (array{list(TOPICS)})[1 + n % 2], 3, gen_random_uuid(),"
        " gen_random_uuid(), 1, 'fact', clock_timestamp() - make_interval(hours => 100 - n), ''"
        " from generate_series(1, 40) as n"
    )
    places = [Reached("reader", SCHEMA, topic, 3, position) for topic in TOPICS for position in (0, 30, 40)]
    places.append(Reached("reader", SCHEMA, TOPICS[0], 4, 0))
    async with database.pool.acquire() as connection:
        whole = await read_unread(connection, places)
        few = await read_unread(connection, places, most=3)
    assert [one.count for one in whole] == [20, 5, 0, 20, 5, 0, 0]
    assert [one.count for one in few] == [3, 3, 0, 3, 3, 0, 0]
    assert [one.end_position for one in whole] == [40, 40, 40, 39, 39, 39, 0]
    hours = [round(one.seconds_behind / 3600) for one in few]
    assert hours == [98, 68, 0, 99, 69, 0, 0] == [round(one.seconds_behind / 3600) for one in whole]
