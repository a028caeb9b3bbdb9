"""What stands between a commit and a reader."""

import asyncio

import pytest

from kem.notifications.v1.delivery_pb2 import Delivery
from kem.notifications.v1.inbox_service_pb2 import SubscribeResponse
from kernel.ids import RecipientId, random_id
from services.notifications.entrypoints.subscription import QUEUE, Subscription


def _messages(first: int, last: int) -> list[SubscribeResponse]:
    return [SubscribeResponse(delivery=Delivery(sequence=number)) for number in range(first, last + 1)]


def _sequences(taken: list[SubscribeResponse]) -> list[int]:
    return [message.delivery.sequence for message in taken]


@pytest.fixture
def room() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
def reader(room: asyncio.Event) -> Subscription:
    return Subscription(RecipientId(random_id()), 4, room)


async def test_a_reader_who_is_up_to_date_gets_what_comes(reader: Subscription) -> None:
    reader.put(_messages(5, 6))
    reader.put(_messages(6, 7))
    assert _sequences(await reader.take(1)) == [5, 6, 7]
    assert not reader.is_behind


async def test_what_the_reader_already_has_is_not_sent_again(reader: Subscription) -> None:
    reader.put(_messages(3, 4))
    assert await reader.take(0) == []


async def test_a_hole_is_never_skipped_but_read_from_the_database(
    reader: Subscription, room: asyncio.Event
) -> None:
    reader.put(_messages(6, 7))
    assert reader.wants_page
    assert room.is_set()
    reader.put_page(_messages(5, 7), end_sequence=7)
    assert _sequences(await reader.take(1)) == [5, 6, 7]


async def test_a_slow_reader_holds_a_bounded_queue_and_rereads_the_rest(
    reader: Subscription, room: asyncio.Event
) -> None:
    reader.put(_messages(5, QUEUE))
    reader.put(_messages(QUEUE + 1, QUEUE + 100))
    assert (reader.is_behind, reader.wants_page, room.is_set()) == (True, False, False)
    assert _sequences(await reader.take(1)) == list(range(5, QUEUE + 1))
    assert (reader.wants_page, room.is_set()) == (True, True)


async def test_a_reader_of_what_is_long_forgotten_goes_on_behind_it(reader: Subscription) -> None:
    reader.is_behind = True
    reader.put_page([], end_sequence=90)
    assert reader.cursor == 90


async def test_silence_is_answered_so_that_a_sign_of_life_can_be_sent(reader: Subscription) -> None:
    assert await reader.take(0.01) == []
