"""The inbox through its real doors: a broker before it, gRPC behind it, a process of its own."""

import asyncio
import signal
from collections.abc import Awaitable
from uuid import UUID

import grpc
import pytest

from kem.notifications.v1 import delivery_pb2
from kem.notifications.v1 import inbox_service_pb2 as messages
from kem.notifications.v1.notifications_events_pb2 import NotificationsEvent
from kem.referral.v1 import referral_events_pb2 as facts
from kernel.ids import agency_inbox, random_id
from kernel.vocabulary import Role
from tests.component.notifications.inbox_service import (
    DESK_INBOX,
    PATIENCE_SECONDS,
    Client,
    InboxHub,
    kinds,
)
from tests.integration.chassis.waiting import until
from tests.support.referral_facts import offered


@pytest.fixture
def agency() -> UUID:
    return random_id()


@pytest.fixture
def sender() -> UUID:
    return random_id()


async def refusal(call: Awaitable[object]) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await call
    return refused.value.code()


async def test_an_offer_appears_on_the_agencys_open_stream(
    hub: InboxHub, address: str, agency: UUID, sender: UUID
) -> None:
    async with Client(hub, address, agency) as client:
        stream = await client.subscribe()
        assert stream.last_sequence == 0
        offer = offered(agency)
        await hub.tell(offer, sender=sender)
        (delivery,) = await stream.deliveries(1)
    assert (delivery.kind, delivery.sequence, delivery.offer_id) == ("ReferralOffered", 1, offer.offer_id)
    assert delivery.respond_by_time == offer.respond_by_time


async def test_a_reader_who_was_away_goes_on_without_loss_and_without_doubles(
    hub: InboxHub, address: str, agency: UUID, sender: UUID
) -> None:
    async with Client(hub, address, agency) as client:
        stream = await client.subscribe()
        await hub.tell(*[offered(agency) for _ in range(3)], sender=sender)
        assert await stream.sequences(2) == [1, 2]
        stream.call.cancel()
    await hub.tell(*[offered(agency) for _ in range(4)], sender=sender)
    async with Client(hub, address, agency) as client:
        stream = await client.subscribe(after=2)
        assert await stream.sequences(5) == [3, 4, 5, 6, 7]


async def test_a_stream_ends_with_the_assertion_that_opened_it(
    hub: InboxHub, address: str, agency: UUID, sender: UUID
) -> None:
    async with Client(hub, address, agency) as client:
        client.metadata = hub.token(agency, Role.AGENCY_MEMBER, lifetime_seconds=3)
        stream = await client.subscribe()
        assert await refusal(stream.deliveries(1)) is grpc.StatusCode.UNAVAILABLE
        client.metadata = hub.token(agency, Role.AGENCY_MEMBER)
        await hub.tell(offered(agency), sender=sender)
        assert await (await client.subscribe()).sequences(1) == [1]


async def test_the_senders_desk_hears_of_every_change(
    hub: InboxHub, address: str, agency: UUID, sender: UUID
) -> None:
    offer = offered(agency)
    told = {"offer_id": offer.offer_id, "agency_id": str(agency)}
    story = [
        offer,
        facts.OfferAcknowledged(**told),
        facts.ReferralAccepted(offer_id=offer.offer_id, agency_id=str(agency)),
        facts.ServiceStarted(agency_id=str(agency)),
        facts.ReferralCompleted(agency_id=str(agency)),
    ]
    await hub.tell(*story, sender=sender, referral_id=random_id())
    names = [fact.DESCRIPTOR.name for fact in story]
    async with (
        Client(hub, address, sender, Role.CASEWORKER) as desk,
        Client(hub, address, agency) as member,
    ):
        assert kinds(await (await desk.subscribe(inbox=DESK_INBOX)).deliveries(5)) == names
        assert kinds(await (await member.subscribe()).deliveries(2)) == [
            "ReferralOffered",
            "ReferralAccepted",
        ]


async def test_two_readers_of_one_inbox_both_get_everything(
    hub: InboxHub, address: str, agency: UUID, sender: UUID
) -> None:
    async with Client(hub, address, agency) as one, Client(hub, address, agency) as two:
        streams = [await one.subscribe(), await two.subscribe()]
        await hub.tell(*[offered(agency) for _ in range(10)], sender=sender)
        for stream in streams:
            assert await stream.sequences(10) == list(range(1, 11))


async def test_a_reader_who_does_not_read_costs_the_others_nothing_and_loses_nothing(
    hub: InboxHub, address: str, agency: UUID, sender: UUID
) -> None:
    async with Client(hub, address, agency) as slow, Client(hub, address, agency) as quick:
        waiting, reading = await slow.subscribe(), await quick.subscribe()
        for part in range(6):
            await hub.tell(*[offered(agency) for _ in range(400)], sender=sender)
            assert (await reading.sequences(400))[-1] == 400 * (part + 1)
        assert await waiting.sequences(2400) == list(range(1, 2401))


async def test_acknowledging_tells_which_offers_have_arrived(
    hub: InboxHub, address: str, agency: UUID, sender: UUID
) -> None:
    async with Client(hub, address, agency) as client:
        stream = await client.subscribe()
        await hub.tell(*[offered(agency) for _ in range(3)], sender=sender)
        arrived = [delivery.offer_id for delivery in await stream.deliveries(3)]
        assert await client.acknowledge(2) == 2
        assert await client.acknowledge(2) == 2
        assert await client.acknowledge(3) == 3
        page = await client.inbox.ListDeliveries(
            messages.ListDeliveriesRequest(inbox=delivery_pb2.INBOX_AGENCY, after_sequence=1),
            metadata=client.metadata,
        )
    assert [delivery.sequence for delivery in page.deliveries] == [2, 3]
    assert (page.last_sequence, page.acknowledged_sequence) == (3, 3)

    def logged() -> list[NotificationsEvent]:
        said = hub.files.execute(
            "select encode(payload, 'hex') from notifications.event_log"
            f" where key = '{agency_inbox(agency)}' order by position"
        )
        return [NotificationsEvent.FromString(bytes.fromhex(line)) for line in said.split()]

    events = await until(lambda: found if len(found := logged()) == 2 else None)
    offer_ids = [list(event.deliveries_acknowledged.offer_ids) for event in events]
    assert offer_ids == [arrived[:2], arrived[2:]]


async def test_an_inbox_is_closed_to_those_whose_it_is_not(hub: InboxHub, address: str, agency: UUID) -> None:
    request = messages.ListDeliveriesRequest(inbox=delivery_pb2.INBOX_AGENCY)
    denied, unknown = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED
    async with Client(hub, address, agency, Role.OPERATOR) as operator:
        listing = operator.inbox.ListDeliveries
        assert await refusal(listing(request, metadata=operator.metadata)) is denied
        assert await refusal(listing(request, metadata=hub.token(None, Role.AGENCY_MEMBER))) is denied
        assert await refusal(listing(request)) is unknown
        assert await refusal(operator.subscribe()) is denied


async def test_refusals_are_on_record(hub: InboxHub, address: str, agency: UUID) -> None:
    async with Client(hub, address, agency, Role.DPO) as client:
        await refusal(client.subscribe())
    count = hub.files.execute(
        "select count(*) from (select type from notifications.outbox union all"
        " select type from notifications.event_log) e where type = 'AccessRecorded'"
    )
    assert int(count) >= 1


async def test_what_makes_no_sense_is_refused_with_its_reason(
    hub: InboxHub, address: str, agency: UUID
) -> None:
    async with Client(hub, address, agency) as client:
        no_inbox = messages.ListDeliveriesRequest()
        listing = client.inbox.ListDeliveries(no_inbox, metadata=client.metadata)
        assert await refusal(listing) is grpc.StatusCode.INVALID_ARGUMENT
        assert await refusal(client.acknowledge(1)) is grpc.StatusCode.FAILED_PRECONDITION
        assert await refusal(client.subscribe(after=7)) is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_process_without_the_stream_role_serves_readers_too(
    hub: InboxHub, address: str, agency: UUID, sender: UUID
) -> None:
    doors, process = await hub.start(roles="grpc")
    async with Client(hub, doors, agency) as client:
        stream = await client.subscribe()
        await hub.tell(*[offered(agency) for _ in range(3)], sender=sender)
        assert await stream.sequences(3) == [1, 2, 3]
        # it leaves in order, and says so to its readers
        process.send_signal(signal.SIGTERM)
        assert await refusal(stream.next()) is grpc.StatusCode.UNAVAILABLE
    assert await asyncio.to_thread(process.wait, PATIENCE_SECONDS) == 0
    async with Client(hub, address, agency) as client:
        assert await (await client.subscribe(after=1)).sequences(2) == [2, 3]
