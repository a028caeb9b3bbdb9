"""Pushing through the real doors: an operator's calls, processes of the service, a partner's own server."""

import asyncio
import signal
from collections.abc import AsyncIterator
from uuid import UUID

import grpc
import pytest

from chassis.tls import secure_channel
from kem.notifications.v1 import inbox_service_pb2 as inbox_messages
from kem.notifications.v1 import push_service_pb2 as messages
from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY
from kem.notifications.v1.push_service_pb2_grpc import PushServiceStub
from kernel.ids import agency_inbox, random_id
from kernel.vocabulary import Role
from tests.component.notifications.inbox_service import PATIENCE_SECONDS, Client, InboxHub
from tests.integration.chassis.waiting import until
from tests.support.certificates import Authority
from tests.support.hub_certificates import tools_files
from tests.support.partner_server import Gate, Partner, takes_all
from tests.support.referral_facts import offered
from tests.support.refusals import refused


class Operator:
    """An operator at the push door."""

    def __init__(self, hub: InboxHub, address: str) -> None:
        self._metadata = hub.token(None, Role.OPERATOR)
        self._channel = secure_channel(address, "notifications", tools_files())
        self._push = PushServiceStub(self._channel)

    async def __aenter__(self) -> "Operator":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._channel.close()

    async def set(
        self, agency: UUID, address: str, authorities: str = "", request_id: UUID | None = None
    ) -> messages.PushEndpoint:
        request = messages.SetPushEndpointRequest(
            request_id=str(request_id or random_id()),
            agency_id=str(agency),
            inbox=INBOX_AGENCY,
            address=address,
            authorities=authorities,
        )
        return (await self._push.SetPushEndpoint(request, metadata=self._metadata)).endpoint

    async def remove(self, agency: UUID) -> int:
        request = messages.RemovePushEndpointRequest(
            request_id=str(random_id()), agency_id=str(agency), inbox=INBOX_AGENCY
        )
        return (await self._push.RemovePushEndpoint(request, metadata=self._metadata)).pushed_sequence

    async def resume(self, agency: UUID) -> messages.PushEndpoint:
        request = messages.ResumePushEndpointRequest(
            request_id=str(random_id()), agency_id=str(agency), inbox=INBOX_AGENCY
        )
        return (await self._push.ResumePushEndpoint(request, metadata=self._metadata)).endpoint

    async def listed(self, agency: UUID | None = None, **page: object) -> messages.ListPushEndpointsResponse:
        request = messages.ListPushEndpointsRequest(
            agency_id=str(agency) if agency else None,
            **page,  # type: ignore[arg-type]  # page_size, page_token
        )
        return await self._push.ListPushEndpoints(request, metadata=self._metadata)

    async def pushed(self, agency: UUID, sequence: int) -> messages.PushEndpoint:
        """The endpoint when it has come so far."""

        async def seen() -> messages.PushEndpoint | None:
            (one,) = (await self.listed(agency)).endpoints
            return one if one.pushed_sequence >= sequence else None

        found: messages.PushEndpoint = await until(seen, within=PATIENCE_SECONDS)
        return found


@pytest.fixture
async def operator(hub: InboxHub, address: str) -> AsyncIterator[Operator]:
    async with Operator(hub, address) as one:
        yield one


@pytest.fixture(scope="module")
async def pusher(hub: InboxHub, address: str) -> str:
    """The address of a process that pushes, and does nothing with events."""
    return (await hub.start(roles="grpc,push"))[0]


@pytest.fixture
async def partner(hub: InboxHub, operator: Operator) -> AsyncIterator[Partner]:
    """A partner that was given the hub's public key as the operator sees it."""
    signer = (await operator.listed(page_size=1)).signer
    one = Partner(signer.public_key, issuer=signer.issuer)
    yield one
    await one.stop()


@pytest.fixture
def agency() -> UUID:
    return random_id()


async def test_an_offer_is_brought_over_tls_and_counts_as_acknowledged(
    hub: InboxHub, pusher: str, address: str, operator: Operator, partner: Partner, agency: UUID
) -> None:
    authority = Authority()
    partner.certificate, partner.host = authority.certificate("localhost"), "localhost"
    await partner.start()
    endpoint = await operator.set(agency, partner.address, authority.pem)
    assert (endpoint.state, endpoint.has_own_authorities) == (messages.PUSH_STATE_PUSHING, True)
    offer = offered(agency)
    await hub.tell(offer, sender=random_id())
    await operator.pushed(agency, 1)
    assert [one.offer_id for one in partner.kept.values()] == [offer.offer_id]
    assert partner.claims[0]["aud"] == partner.address
    async with Client(hub, address, agency) as client:
        request = inbox_messages.ListDeliveriesRequest(inbox=INBOX_AGENCY)
        page = await client.inbox.ListDeliveries(request, metadata=client.metadata)
    assert page.acknowledged_sequence == 1
    types = hub.files.execute(
        "select type from (select id, type, key from notifications.outbox union all"
        " select position, type, key from notifications.event_log) told"
        f" where key = '{agency_inbox(agency)}' order by type"
    )
    assert types.split() == ["DeliveriesAcknowledged", "PushEndpointSet"]


async def test_a_process_that_is_killed_in_the_middle_of_a_push_loses_nothing(
    hub: InboxHub, pusher: str, operator: Operator, partner: Partner, agency: UUID
) -> None:
    gate = Gate()
    partner.behave = gate
    await partner.start()
    await hub.tell(*[offered(agency) for _ in range(3)], sender=random_id())
    await operator.set(agency, partner.address)
    await gate.reached()
    for process in hub.processes[1:]:  # all but the one that does not push
        process.kill()
        process.wait(PATIENCE_SECONDS)
    partner.behave = takes_all
    gate.opened.set()
    held = "notifications.push_endpoint where lease_id is not null"
    assert hub.files.execute(f"select agency_id from {held}").strip() == str(agency)
    hub.files.execute(f"update {held.replace(' where', ' set lease_end_time = clock_timestamp() where')}")
    await hub.start(roles="grpc,push")
    await operator.pushed(agency, 3)
    assert list(partner.kept) == [1, 2, 3]


async def test_two_processes_bring_everything_once_and_in_order_whoever_dies(
    hub: InboxHub, pusher: str, operator: Operator, partner: Partner, agency: UUID
) -> None:
    await partner.start()
    await operator.set(agency, partner.address)
    _, second = await hub.start(roles="grpc,push")
    for batch in range(1, 6):
        await hub.tell(*[offered(agency) for _ in range(20)], sender=random_id())
        await operator.pushed(agency, 20 * batch)
    assert partner.most_at_once == 1
    brought = [one.sequence for request in partner.requests for one in request.deliveries]
    assert brought == list(range(1, 101))
    second.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(second.wait, PATIENCE_SECONDS) == 0
    await hub.tell(offered(agency), sender=random_id())
    await operator.pushed(agency, 101)


async def test_what_is_removed_gets_no_more_and_what_is_set_again_begins_where_nobody_has_acknowledged(
    hub: InboxHub, pusher: str, operator: Operator, partner: Partner, agency: UUID
) -> None:
    await partner.start()
    await operator.set(agency, partner.address)
    await hub.tell(offered(agency), sender=random_id())
    await operator.pushed(agency, 1)
    assert await operator.remove(agency) == 1
    assert list((await operator.listed(agency)).endpoints) == []
    with refused() as refusal:
        await operator.resume(agency)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "PUSH_ENDPOINT_NOT_FOUND")
    await hub.tell(offered(agency), sender=random_id())
    await operator.set(agency, partner.address)
    await operator.pushed(agency, 2)
    assert list(partner.kept) == [1, 2]


async def test_a_request_that_is_repeated_sets_once_and_one_that_differs_is_refused(
    operator: Operator, agency: UUID
) -> None:
    again = random_id()
    first = await operator.set(agency, "https://127.0.0.1:7999", request_id=again)
    assert await operator.set(agency, "https://127.0.0.1:7999", request_id=again) == first
    with refused() as refusal:
        await operator.set(agency, "https://127.0.0.1:8000", request_id=again)
    assert refusal.reason == "REQUEST_ID_REUSED"


async def test_an_address_to_which_nothing_may_be_pushed_is_refused_with_what_to_do(
    operator: Operator, agency: UUID
) -> None:
    for address, reason in (
        ("https://10.1.2.3", "ADDRESS_NOT_ALLOWED"),
        ("http://8.8.8.8:80", "ADDRESS_NOT_ALLOWED"),
        ("https://nowhere.invalid", "NAME_NOT_FOUND"),
        ("somewhere", "ADDRESS_NOT_VALID"),
    ):
        with refused() as refusal:
            await operator.set(agency, address)
        assert refusal.reason == reason
    assert list((await operator.listed(agency)).endpoints) == []


async def test_endpoints_are_listed_page_by_page(operator: Operator) -> None:
    agencies = {str(random_id()) for _ in range(3)}
    for agency_id in agencies:
        await operator.set(UUID(agency_id), "https://127.0.0.1:7999")
    found: list[str] = []
    token = ""
    while True:
        page = await operator.listed(page_size=2, page_token=token)
        found += [endpoint.agency_id for endpoint in page.endpoints]
        token = page.next_page_token
        if not token:
            break
    assert len(found) == len(set(found))
    assert agencies <= set(found)
