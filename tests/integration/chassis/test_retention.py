"""What is kept for a time only is let go, and nothing that somebody still has to decide about."""

from chassis.postgres import Database
from chassis.retention import forget_old_rows
from tests.integration.chassis.conftest import WORKER
from tests.support.postgres import FreshDatabase


async def test_old_answers_and_letters_long_settled_leave_and_open_letters_stay(
    database: Database, stored: FreshDatabase
) -> None:
    stored.execute(
        """
        set search_path = referral;
        insert into request (principal_id, request_id, method, hash, request_time)
            select gen_random_uuid(), gen_random_uuid(), '/x/Y', '', now() - make_interval(days => age)
            from unnest(array[1, 29, 31, 400]) as age;
        insert into dead_letter (consumer, source, topic, partition, "offset", position, event_id, key, type,
                                 payload, payload_bytes, reason, tries, dead_letter_time, redriven_time)
            select 'c', 's', 't', 0, 0, 0, gen_random_uuid(), '', '', '', 0, 'R', 1,
                   now() - make_interval(days => age), now() - make_interval(days => settled)
            from unnest(array[40, 40, 40, 1], array[31, 29, null, 1]) as letter (age, settled);
        """
    )
    async with database.transaction(WORKER) as tx:
        assert await forget_old_rows(tx) == 3
        assert await tx.connection.fetchval("select count(*) from request") == 2
        assert await tx.connection.fetchval("select count(*) from dead_letter") == 3
        assert await forget_old_rows(tx) == 0
