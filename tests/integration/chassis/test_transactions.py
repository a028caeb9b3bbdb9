"""A transaction: one commit for what was done and what must be told, seen with the caller's eyes."""

import asyncio

import asyncpg
import pytest

from chassis import topics
from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.events import MAX_PAYLOAD_BYTES
from chassis.failures import is_passing
from chassis.postgres import Database, Transaction
from kem.access.v1.access_events_pb2 import AccessEvent, AccessRecorded
from kernel.ids import random_id
from tests.integration.chassis.conftest import SCHEMA, WORKER, MakeEvent, publish
from tests.integration.chassis.transacting import member_of, waiting
from tests.integration.chassis.waiting import until
from tests.support.postgres import FreshDatabase


async def test_what_is_told_commits_with_what_was_done_and_wakes_the_relay(
    database: Database, make_event: MakeEvent
) -> None:
    first, second = make_event(), make_event()
    assert not database.wake.is_set()
    await publish(database, first, second)
    assert [row["event_id"] for row in await waiting(database)] == [first.event_id, second.event_id]
    assert database.wake.is_set()


async def test_what_is_told_is_of_the_same_commit_as_what_was_done(
    database: Database, make_event: MakeEvent
) -> None:
    done = "insert into inbox (consumer, event_id) values ('somebody', $1) returning xmin::text"
    async with database.transaction(WORKER) as tx:
        tx.publish(make_event())
        commit_of_the_deed = await tx.connection.fetchval(done, random_id())
    async with database.pool.acquire() as connection:
        assert await connection.fetchval("select xmin::text from outbox") == commit_of_the_deed


async def test_nothing_is_told_when_the_transaction_fails(database: Database, make_event: MakeEvent) -> None:
    async def fail() -> None:
        async with database.transaction(WORKER) as tx:
            tx.publish(make_event())
            await tx.flush()
            raise RuntimeError("a mistake")

    with pytest.raises(RuntimeError):
        await fail()
    assert await waiting(database) == []
    assert not database.wake.is_set()


async def test_a_part_that_is_undone_takes_its_events_with_it(
    database: Database, make_event: MakeEvent
) -> None:
    kept = make_event()

    async def fail(tx: Transaction) -> None:
        async with tx.savepoint():
            tx.publish(make_event())
            await tx.connection.execute("select 1 / 0")

    async with database.transaction(WORKER) as tx:
        tx.publish(kept)
        with pytest.raises(asyncpg.DivisionByZeroError):
            await fail(tx)
    assert [row["event_id"] for row in await waiting(database)] == [kept.event_id]


async def test_a_part_that_is_undone_takes_the_events_of_its_own_parts_with_it(
    database: Database, make_event: MakeEvent
) -> None:
    kept = make_event()

    async def fail(tx: Transaction) -> None:
        async with tx.savepoint():
            tx.publish(make_event())
            async with tx.savepoint():
                tx.publish(make_event())
            await tx.connection.execute("select 1 / 0")

    async with database.transaction(WORKER) as tx:
        tx.publish(kept)
        with pytest.raises(asyncpg.DivisionByZeroError):
            await fail(tx)
    assert [row["event_id"] for row in await waiting(database)] == [kept.event_id]


async def test_a_part_that_tells_what_cannot_be_told_is_undone_alone(
    database: Database, make_event: MakeEvent
) -> None:
    kept = [make_event(), make_event()]

    async def part(tx: Transaction, event: object) -> None:
        async with tx.savepoint():
            tx.publish(event)

    async with database.transaction(WORKER) as tx:
        await part(tx, kept[0])
        for event in (object(), make_event(payload=bytes(MAX_PAYLOAD_BYTES + 1))):
            with pytest.raises((TypeError, ValueError)):
                await part(tx, event)
        await part(tx, kept[1])
    assert [row["event_id"] for row in await waiting(database)] == [event.event_id for event in kept]


async def test_an_event_larger_than_a_signal_is_refused(database: Database, make_event: MakeEvent) -> None:
    with pytest.raises(ValueError, match="too large"):
        await publish(database, make_event(payload=bytes(MAX_PAYLOAD_BYTES + 1)))


async def test_the_callers_agency_decides_which_rows_are_seen(stored: FreshDatabase) -> None:
    ours, theirs = random_id(), random_id()
    stored.execute(
        f"""
        create table {SCHEMA}.thing (agency_id uuid);
        grant all on {SCHEMA}.thing to {SCHEMA}_app;
        alter table {SCHEMA}.thing enable row level security;
        alter table {SCHEMA}.thing force row level security;
        create policy own on {SCHEMA}.thing to {SCHEMA}_app
            using ((select nullif(current_setting('app.agency', true), '')::uuid) = agency_id);
        insert into {SCHEMA}.thing values ('{ours}'), ('{theirs}');
        """
    )
    app = await Database.open(stored.app_url(), schema=SCHEMA, max_size=1)
    try:
        for agency, seen in ((ours, [ours]), (None, []), (theirs, [theirs])):
            async with app.transaction(member_of(agency)) as tx:
                rows = await tx.connection.fetch("select agency_id from thing")
                assert [row["agency_id"] for row in rows] == seen
                internal = await tx.connection.fetchval("select current_setting('app.internal')")
                assert internal == "false"
        async with app.pool.acquire() as connection:
            assert await connection.fetch("select agency_id from thing") == [], (
                "nothing of the last caller is left in the session"
            )
        async with app.transaction(Caller.of_service("intake")) as tx:
            assert await tx.connection.fetchval("select current_setting('app.internal')") == "true"
    finally:
        await app.close()


async def test_a_cancelled_call_leaves_no_transaction_behind(stored: FreshDatabase) -> None:
    database = await Database.open(stored.worker_url(), schema=SCHEMA, max_size=1)
    try:
        is_inside = asyncio.Event()

        async def hang() -> None:
            async with database.transaction(WORKER) as tx:
                await tx.connection.execute("create temporary table left_behind ()")
                is_inside.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(hang())
        await is_inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with database.transaction(WORKER) as tx:
            assert await tx.connection.fetchval("select to_regclass('left_behind')") is None
    finally:
        await database.close()


async def test_an_access_is_told_on_the_access_topic(database: Database) -> None:
    caller, subject = member_of(random_id()), random_id()
    async with database.transaction(caller) as tx:
        now = await tx.now()
        tx.record_access(AccessRecord("referral", "/x/Y", [subject], stated_reason="INTAKE_CHECK"))
    (row,) = await waiting(database)
    assert (row["topic"], row["key"], row["type"]) == (topics.ACCESS, caller.principal_id, "AccessRecorded")
    envelope = AccessEvent.FromString(row["payload"])
    fact = envelope.access_recorded
    assert fact.outcome == AccessRecorded.OUTCOME_GRANTED
    assert list(fact.subject_ids) == [str(subject)]
    assert (fact.subject_count, fact.stated_reason) == (1, "INTAKE_CHECK")
    assert envelope.actor.acting_person == "desk-1"
    assert envelope.event_time.ToDatetime(now.tzinfo) == now


async def test_the_event_log_can_only_grow(database: Database) -> None:
    for statement in ("update event_log set type = 'x'", "delete from event_log", "truncate event_log"):
        async with database.pool.acquire() as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_a_connection_that_the_server_ended_is_a_passing_fault(
    database: Database, stored: FreshDatabase
) -> None:
    async def outlive_the_connection() -> None:
        async with database.transaction(WORKER) as tx:
            pid = await tx.connection.fetchval("select pg_backend_pid()")
            stored.execute(f"select pg_terminate_backend({pid})")
            await until(lambda: _is_ended(tx))  # as after a long freeze: nothing was under way
            await tx.connection.execute("select 1")

    with pytest.raises(asyncpg.InterfaceError) as raised:
        await outlive_the_connection()
    assert is_passing(raised.value)


def _is_ended(tx: Transaction) -> bool:
    try:
        return bool(tx.connection.is_closed())
    except asyncpg.InterfaceError:
        return True
