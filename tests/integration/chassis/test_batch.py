"""A batch: one commit, retried in place, and one bad event never holds up the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from uuid import UUID

import pytest
import pytest_asyncio

from chassis.batch import BatchRunner
from chassis.batch_reader import HANDLER_FAILED, MALFORMED, NEWER_THAN_READER, StreamFailed
from chassis.dead_letters import NotToSettle, ask_redrive, discard
from chassis.events import IncomingEvent
from chassis.inbox import announce
from chassis.incoming import Message
from chassis.postgres import Database
from chassis.topics import PARTITIONS, REFERRAL
from kernel.errors import Unavailable
from kernel.ids import ordered_id
from tests.integration.chassis.collecting import CollectingReader, effects, letters, make_effect_table
from tests.integration.chassis.conftest import SCHEMA
from tests.integration.chassis.waiting import running, until
from tests.support.postgres import FreshDatabase

_OFFSETS = count()


def message(event_id: UUID | None = None, value: bytes = b"fact", position: int | None = None) -> Message:
    offset = next(_OFFSETS)
    return Message(
        topic=REFERRAL,
        partition=3,
        offset=offset,
        key=b"key",
        value=value,
        headers=[
            ("ce_specversion", b"1.0"),
            ("ce_id", str(event_id or ordered_id()).encode()),
            ("ce_source", b"referral"),
            ("ce_type", b"kem.referral.v1.OfferMade"),
            ("ce_time", b"2026-01-05T10:00:00+00:00"),
            ("kem-position", str(offset + 1 if position is None else position).encode()),
        ],
    )


def ids(*messages: Message) -> list[UUID]:
    return [UUID(dict(one.headers)["ce_id"].decode()) for one in messages]  # type: ignore[union-attr]  # set above


@pytest_asyncio.fixture
async def reader(stored: FreshDatabase) -> CollectingReader:
    await make_effect_table(stored.execute, SCHEMA)
    return CollectingReader()


@pytest_asyncio.fixture
async def batches(database: Database, reader: CollectingReader) -> AsyncIterator[BatchRunner]:
    yield BatchRunner(SCHEMA, "test-consumer", database, reader)


async def test_an_event_that_comes_again_has_no_second_effect(
    database: Database, batches: BatchRunner
) -> None:
    first, second, third = message(), message(), message()
    await batches.take([first, second, first])
    await batches.take([second, third])
    assert await effects(database) == ids(first, second, third)


async def test_a_handler_that_fails_once_is_asked_again_and_nothing_is_lost_or_doubled(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> None:
    left = iter([True])

    def fail(_: list[IncomingEvent]) -> None:
        if next(left, False):
            raise RuntimeError("once")

    reader.fail_apply = fail
    sent = [message() for _ in range(5)]
    await batches.take(sent)
    assert await effects(database) == ids(*sent)
    assert await letters(database) == []


async def test_a_service_that_is_away_for_long_sets_nothing_aside(
    database: Database, batches: BatchRunner, reader: CollectingReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.batch.LONGEST_DELAY_SECONDS", 0.01)
    left = iter([True] * 12)

    def fail(_: list[IncomingEvent]) -> None:
        if next(left, False):
            raise Unavailable("intake is away")

    reader.fail_prepare = fail
    sent = [message() for _ in range(3)]
    await batches.take(sent)
    assert await effects(database) == ids(*sent)
    assert await letters(database) == []


async def test_a_lost_connection_is_retried_in_place(
    database: Database, batches: BatchRunner, reader: CollectingReader, stored: FreshDatabase
) -> None:
    left = iter([True])

    def fail(_: list[IncomingEvent]) -> None:
        if next(left, False):
            stored.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where usename = 'referral_worker' and datname = current_database()"
            )

    reader.fail_apply = fail
    sent = [message(), message()]
    await batches.take(sent)
    assert await effects(database) == ids(*sent)
    assert await letters(database) == []


async def test_a_poison_event_is_set_aside_within_five_tries_and_the_others_go_on(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> None:
    sent = [message() for _ in range(6)]
    (bad,) = ids(sent[2])
    tries = []

    def fail(events: list[IncomingEvent]) -> None:
        if bad in [event.event_id for event in events]:
            tries.append(len(events))
            raise ValueError("name of a person")

    reader.fail_apply = fail
    await batches.take(sent)
    assert await effects(database) == [one for one in ids(*sent) if one != bad]
    assert await letters(database) == [(bad, HANDLER_FAILED, 5)]
    assert len(tries) == 5


async def test_an_event_that_its_reader_calls_poison_is_set_aside_at_once(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> None:
    sent = [message() for _ in range(3)]
    reader.poison = set(ids(sent[0]))
    await batches.take(sent)
    assert await effects(database) == ids(*sent[1:])
    assert await letters(database) == [(*ids(sent[0]), "CANNOT_BE_TAKEN", 1)]
    await batches.take(sent)
    assert await effects(database) == ids(*sent[1:]), "a replay neither tries it again nor doubles anything"


async def test_an_event_newer_than_its_reader_is_parked_and_taken_after_the_upgrade(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> None:
    sent = [message() for _ in range(3)]
    reader.newer = set(ids(sent[1]))
    await batches.take(sent)
    assert await letters(database) == [(*ids(sent[1]), NEWER_THAN_READER, 1)]
    assert await batches.redrive() == 0, "the old version still cannot read it"
    reader.newer = set()
    assert await batches.redrive() == 1
    assert await effects(database) == ids(sent[0], sent[2], sent[1])
    assert await batches.redrive() == 0


@asynccontextmanager
async def parked(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> AsyncIterator[tuple[UUID, int]]:
    """An event that was set aside and an operator wants taken again, and its letter."""
    sent = message()
    reader.poison = set(ids(sent))
    await batches.take([sent])
    async with database.pool.acquire() as connection:
        letter_id = await connection.fetchval("select id from dead_letter")
        async with connection.transaction():
            assert await ask_redrive(connection, letter_id)
    yield ids(sent)[0], letter_id


async def letter_times(database: Database) -> set[str]:
    """Which times the one letter has."""
    async with database.pool.acquire() as connection:
        row = await connection.fetchrow(
            "select redrive_asked_time, redrive_failed_time, redriven_time, discarded_time from dead_letter"
        )
    return {name for name, time in row.items() if time is not None}


async def test_a_letter_that_an_operator_asks_for_is_taken_while_the_service_runs(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> None:
    async with parked(database, batches, reader) as (event_id, _), running(batches.redrive_as_asked()):
        reader.poison = set()

        async def is_taken() -> bool:
            return await effects(database) == [event_id]

        await until(is_taken)
    assert await letter_times(database) == {"redrive_asked_time", "redriven_time"}


async def test_two_workers_that_redrive_at_once_take_the_event_once(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> None:
    async with parked(database, batches, reader) as (event_id, _):
        reader.poison = set()
        other = BatchRunner(SCHEMA, "test-consumer", database, reader)
        taken = await asyncio.gather(*(one.redrive(asked_only=True) for one in (batches, other) * 4))
        assert sum(taken) == 1
        assert await effects(database) == [event_id]


async def test_a_letter_that_still_cannot_be_taken_waits_for_the_next_wish(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> None:
    async with parked(database, batches, reader):
        assert await batches.redrive(asked_only=True) == 0
        assert await letter_times(database) == {"redrive_failed_time"}
        reader.poison = set()
        assert await batches.redrive(asked_only=True) == 0, "nobody has asked again"


async def test_the_wish_stays_while_a_part_is_away(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> None:
    async with parked(database, batches, reader) as (event_id, _):
        reader.poison = set()
        left = iter([True])

        def fail(_: list[IncomingEvent]) -> None:
            if next(left, False):
                raise Unavailable("intake is away")

        reader.fail_prepare = fail
        assert await batches.redrive(asked_only=True) == 0
        assert await letter_times(database) == {"redrive_asked_time"}
        assert await batches.redrive(asked_only=True) == 1
        assert await effects(database) == [event_id]


async def test_what_was_discarded_has_no_effect_and_what_was_taken_cannot_be_discarded(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> None:
    async with (
        parked(database, batches, reader) as (event_id, letter_id),
        database.pool.acquire() as connection,
    ):
        async with connection.transaction():
            assert await discard(connection, letter_id, "sent by mistake") == event_id
        async with connection.transaction():
            assert await discard(connection, letter_id, "another reason") is None
        reader.poison = set()
        assert await batches.redrive() == 0
        with pytest.raises(NotToSettle, match="because: sent by mistake"):
            await ask_redrive(connection, letter_id)
        await connection.execute("update dead_letter set discarded_time = null, discard_reason = null")
        await connection.execute("update dead_letter set redriven_time = now()")
        with pytest.raises(NotToSettle, match="was taken"):
            await discard(connection, letter_id, "too late")
        assert not await ask_redrive(connection, letter_id)


async def test_a_message_that_is_not_ours_is_kept_with_its_bytes_and_place(
    database: Database, batches: BatchRunner
) -> None:
    strange = Message(REFERRAL, 5, 77, None, bytes(100_000), [("ce_id", b"\xff\xfe")])
    good = message()
    await batches.take([strange, good])
    assert await effects(database) == ids(good)
    async with database.pool.acquire() as connection:
        row = await connection.fetchrow("select *, octet_length(payload) as kept from dead_letter")
    assert (row["reason"], row["partition"], row["offset"]) == (MALFORMED, 5, 77)
    assert (row["kept"], row["payload_bytes"]) == (65_536, 100_000)


async def test_what_is_not_ours_is_kept_also_when_its_batch_fails(
    database: Database, batches: BatchRunner, reader: CollectingReader
) -> None:
    good, bad, strange = message(), message(), Message(REFERRAL, 5, 78, None, b"strange", [])
    (bad_id,) = ids(bad)

    def fail(events: list[IncomingEvent]) -> None:
        if bad_id in [event.event_id for event in events]:
            raise ValueError("always")

    reader.fail_apply = fail
    await batches.take([strange, bad, good])
    assert await effects(database) == ids(good)
    assert sorted(reason for _, reason, _ in await letters(database)) == [HANDLER_FAILED, MALFORMED]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kem-position", b"99999999999999999999999"),
        ("kem-position", b"0"),
        ("ce_source", b"refer\0ral"),
        ("ce_type", b"x" * 10_000),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-01-05T10:00:00"),
    ],
)
async def test_a_header_that_no_database_could_hold_is_set_aside(
    name: str, value: bytes, database: Database, batches: BatchRunner
) -> None:
    good, strange = message(), message()
    headers = [(one, value if one == name else old) for one, old in strange.headers]
    await batches.take([replace(strange, headers=headers), good])
    assert await effects(database) == ids(good)
    assert [reason for _, reason, _ in await letters(database)] == [MALFORMED]


async def test_a_missing_table_stops_the_stream_instead_of_setting_events_aside(
    database: Database, batches: BatchRunner, stored: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.batch.LONGEST_DELAY_SECONDS", 0.01)
    stored.execute("drop table referral.effect")
    with pytest.raises(StreamFailed):
        await batches.take([message()])
    assert await letters(database) == []


async def test_progress_is_written_with_the_effects_and_never_goes_back(
    database: Database, batches: BatchRunner
) -> None:
    async with database.pool.acquire() as connection:
        await announce(connection, "test-consumer", [REFERRAL])
        await batches.take([message(position=41), message(position=44)])
        await batches.take([message(position=12)])
        rows = await connection.fetch("select partition, position from consumer_progress order by 1")
    assert len(rows) == PARTITIONS
    assert {row["partition"]: row["position"] for row in rows if row["position"]} == {3: 44}
