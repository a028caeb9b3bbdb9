"""What an operator is told of a service by its door, and does there about events that it could not take."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from chassis.dead_letters import DeadLetter, set_aside
from chassis.events import IncomingEvent
from chassis.postgres import Database
from chassis.topics import DISCLOSURE, INTAKE
from kem.access.v1.access_events_pb2 import AccessEvent
from kem.chassis.v1 import operations_service_pb2 as rpc
from kem.chassis.v1.operations_service_pb2_grpc import OperationsServiceStub
from services.referral.entrypoints.stream import CONSUMER
from tests.component.referral.city import City, until

NAME = "Layla Haddad"
"""Invented: what a message of a stranger may carry."""
OPEN, ASKED = rpc.DEAD_LETTER_STATE_OPEN, rpc.DEAD_LETTER_STATE_ASKED
REDRIVEN, DISCARDED = rpc.DEAD_LETTER_STATE_REDRIVEN, rpc.DEAD_LETTER_STATE_DISCARDED


@pytest.fixture
async def operations(city: City) -> AsyncIterator[Any]:
    """Referral's door, for an operator."""
    async with city.running.channel_of("operator", agency_id=None) as channel:
        yield OperationsServiceStub(channel)


@pytest.fixture
async def of_intake(city: City) -> AsyncIterator[Any]:
    async with city.running.intake.channel_of("operator", agency_id=None) as channel:
        yield OperationsServiceStub(channel)


async def letters(operations: Any, *, settled: bool = False) -> list[rpc.DeadLetter]:
    found: list[rpc.DeadLetter] = []
    request = rpc.ListDeadLettersRequest(with_settled=settled, page_size=1)
    while True:
        page = await operations.ListDeadLetters(request)
        found += page.letters
        if not page.HasField("next_after_letter_id"):
            return found
        request.after_letter_id = page.next_after_letter_id


async def letter(operations: Any, letter_id: int) -> rpc.DeadLetter:
    [found] = [one for one in await letters(operations, settled=True) if one.letter_id == letter_id]
    return found


def redriving(*letter_ids: int) -> rpc.RedriveDeadLettersRequest:
    return rpc.RedriveDeadLettersRequest(request_id=str(uuid4()), letter_ids=letter_ids)


def discarding(reason: str, *letter_ids: int) -> rpc.DiscardDeadLettersRequest:
    return rpc.DiscardDeadLettersRequest(request_id=str(uuid4()), letter_ids=letter_ids, reason=reason)


async def set_one_aside(city: City, operations: Any, reason: str = "CANNOT_BE_TAKEN") -> int:
    """An event of intake's log that referral has taken before, as a letter; answers its number."""
    row = city.database.execute(
        f"select key, partition, position, encode(payload, 'hex') from intake.event_log"
        f" where topic = '{DISCLOSURE}' and type = 'AgreementChanged' order by position limit 1"
    )
    key, partition, position, payload = row.strip().split("|")
    event = IncomingEvent(
        event_id=uuid4(),  # as another one, so that each test has a letter of its own
        topic=DISCLOSURE,
        partition=int(partition),
        offset=3,
        position=int(position),
        key=key.encode(),
        type="AgreementChanged",
        event_time=datetime.now(UTC),
        traceparent=None,
        payload=bytes.fromhex(payload),
        source="intake",
    )
    before = {one.letter_id for one in await letters(operations)}
    database = await Database.open(city.database.worker_url("referral"), schema="referral", max_size=1)
    async with database.pool.acquire() as connection, connection.transaction():
        await set_aside(connection, CONSUMER, [DeadLetter(event, reason, 5)])
    await database.close()
    [new] = [one.letter_id for one in await letters(operations) if one.letter_id not in before]
    return new


async def test_the_service_tells_what_it_is_and_that_it_serves(city: City, operations: Any) -> None:
    told = await operations.GetOperations(rpc.GetOperationsRequest())
    assert (told.service, told.serving, told.not_serving_reason) == ("referral", True, "")
    assert told.release_version
    logged, published = city.database.execute(
        "select logged_position, position from referral.publication"
    ).split("|")
    assert (told.logged_position, told.published_position) <= (int(logged), int(published))
    assert {one.consumer for one in told.consumers} == {CONSUMER}


async def test_what_lies_behind_a_position_is_counted_by_the_service_whose_log_it_is(
    city: City, operations: Any, of_intake: Any
) -> None:
    await city.desk.need(await city.consented_person())

    async def all_is_read() -> Sequence[rpc.UnreadEvents] | None:
        reached = (await operations.GetOperations(rpc.GetOperationsRequest())).consumers
        told = await of_intake.GetOperations(rpc.GetOperationsRequest(reached=reached))
        assert len(told.unread) == len([one for one in reached if one.source == "intake"])
        return None if any(one.unread for one in told.unread) else told.unread

    read = await until(all_is_read)
    assert all(one.seconds_behind == 0 for one in read)
    place = max(read, key=lambda one: one.end_position).reached
    asked = rpc.ReachedPosition(source="intake", topic=place.topic, partition=place.partition)
    [unread] = (await of_intake.GetOperations(rpc.GetOperationsRequest(reached=[asked]))).unread
    counted = city.database.execute(
        f"select count(*), max(position) from intake.event_log"
        f" where topic = '{place.topic}' and partition = {place.partition}"
    )
    assert f"{unread.unread}|{unread.end_position}" == counted.strip()
    assert unread.seconds_behind > 0
    other = await operations.GetOperations(rpc.GetOperationsRequest(reached=[asked]))
    assert list(other.unread) == [], "of intake's log referral knows nothing"


async def test_what_a_stranger_sent_is_counted_never_shown_and_can_only_be_discarded(
    city: City, operations: Any
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=city.bootstrap)
    await producer.start()
    await producer.send_and_wait(INTAKE, NAME.encode(), headers=[("ce_type", NAME.encode())])
    await producer.stop()

    async def set_aside_as_malformed() -> rpc.DeadLetter | None:
        found = await letters(operations)
        return next((one for one in found if one.reason == "MALFORMED"), None)

    one = await until(set_aside_as_malformed)
    assert (one.state, one.topic, one.size, one.consumer) == (OPEN, INTAKE, len(NAME), CONSUMER)
    assert not one.HasField("position")
    for part in NAME.split():
        assert part not in str(one)
    count = (await operations.GetOperations(rpc.GetOperationsRequest())).open_dead_letters
    assert count == len(await letters(operations)) > 0

    [refused] = (await operations.RedriveDeadLetters(redriving(one.letter_id))).letters
    assert (refused.state, refused.letter_id) == (rpc.DEAD_LETTER_STATE_UNSPECIFIED, one.letter_id)
    assert "not an event of ours" in refused.refusal
    [closed] = (await operations.DiscardDeadLetters(discarding("sent by  a test", one.letter_id))).letters
    assert (closed.state, closed.refusal) == (DISCARDED, "")
    await operations.DiscardDeadLetters(discarding("another reason", one.letter_id))
    kept = await letter(operations, one.letter_id)
    assert (kept.state, kept.discard_reason, kept.HasField("settled_time")) == (
        DISCARDED,
        "sent by a test",
        True,
    )
    assert one.letter_id not in {left.letter_id for left in await letters(operations)}
    assert await discards_on_record(city) >= 1


async def test_an_event_of_ours_is_taken_again_by_a_worker_once_an_operator_asks(
    city: City, operations: Any
) -> None:
    letter_id = await set_one_aside(city, operations)
    request = redriving(letter_id, 1 << 40)
    asked, unknown = (await operations.RedriveDeadLetters(request)).letters
    assert (asked.letter_id, asked.state) == (letter_id, ASKED)
    assert "no such letter" in unknown.refusal

    async def is_redriven() -> bool | None:
        return (await letter(operations, letter_id)).state == REDRIVEN or None

    await until(is_redriven)
    assert (await operations.RedriveDeadLetters(request)).letters[0].state == ASKED, "the first answer"
    again, _ = (await operations.RedriveDeadLetters(redriving(letter_id, 1 << 40))).letters
    assert again.state == REDRIVEN
    [late] = (await operations.DiscardDeadLetters(discarding("too late", letter_id))).letters
    assert "taken meanwhile" in late.refusal


async def test_discards_are_on_record_once_each_and_answered_in_the_order_of_the_request(
    city: City, operations: Any
) -> None:
    before = await discards_on_record(city)
    first, second = [await set_one_aside(city, operations) for _ in range(2)]
    request = discarding("sent by a test", second, first)
    answered = (await operations.DiscardDeadLetters(request)).letters
    assert [one.letter_id for one in answered] == [second, first]
    await operations.DiscardDeadLetters(request)
    assert await discards_on_record(city) == before + 2


async def discards_on_record(city: City) -> int:
    payloads = city.database.execute(
        "select encode(payload, 'hex') from (select payload, type from referral.outbox"
        " union all select payload, type from referral.event_log) as told where type = 'AccessRecorded'"
    ).split()
    accesses = [AccessEvent.FromString(bytes.fromhex(one)).access_recorded for one in payloads]
    return sum(one.method.endswith("/DiscardDeadLetters") and not one.refusal_reason for one in accesses)
