"""What a partner's door can do instead of taking deliveries; nothing is lost by any of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from ipaddress import ip_address
from typing import Any

import grpc
import pytest

from kem.partner.v1.partner_inbox_service_pb2 import DeliverRequest, DeliverResponse
from kernel.errors import KemError
from kernel.ids import agency_inbox
from services.notifications.domain.push_address import IpAddress
from services.notifications.domain.push_endpoint import PushEndpoint, PushFailure, PushState
from services.notifications.domain.recipient import Inbox
from tests.integration.chassis.waiting import until
from tests.integration.notifications.pushing import LOOPBACK, Push
from tests.support.certificates import Authority
from tests.support.odd_servers import (
    Answer,
    OddServer,
    hangs_up,
    listening,
    redirects_in_http_1,
    redirects_in_http_2,
)
from tests.support.partner_server import Gate, Partner, PartnerContext, acknowledges, refuses, takes_all
from tests.support.referral_facts import AGENCY, SENDER

NAME = "inbox.partner.example"
Open = Callable[[Answer], Any]


@pytest.fixture
async def odd() -> AsyncIterator[Open]:
    """Opens odd servers for one test."""
    async with AsyncExitStack() as opened:

        async def open_one(answer: Answer) -> OddServer:
            return await opened.enter_async_context(listening(answer))

        yield open_one


async def leads_here(host: str, port: int) -> list[IpAddress]:
    """A resolver for which the partner's name is a name of this machine."""
    return [ip_address("127.0.0.1")]


async def comes_back(push: Push, partner: Partner, count: int) -> None:
    """The partner mends its door: everything is brought, once, in order."""
    partner.behave = takes_all
    await push.due_now()
    endpoint = await push.pushed(count)
    assert (endpoint.state, endpoint.tries, endpoint.failure) == (PushState.PUSHING, 0, None)
    assert list(partner.kept) == list(range(1, count + 1))
    page = await push.notifications.listed(Inbox.AGENCY, AGENCY)
    assert page.marks.acknowledged_sequence == count


async def test_a_partner_that_refuses_is_asked_again_whatever_it_says(push: Push) -> None:
    partner = await push.partner(refuses(grpc.StatusCode.ABORTED)).start()
    await push.offers(2)
    await push.set(partner.address)
    special = {
        "UNAVAILABLE": (PushFailure.NOT_REACHED, None),
        "DEADLINE_EXCEEDED": (PushFailure.TOO_SLOW, None),
    }
    async with push.working():
        for code in [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]:
            partner.behave = refuses(code, "Yasmin was here")
            await push.due_now()
            expected = special.get(code.name, (PushFailure.REFUSED, code.name))
            endpoint = await until(partial(failed_so, push, *expected))
            assert endpoint.pushed_sequence == 0
        await comes_back(push, partner, 2)
    stored = push.notifications.files.execute("select * from notifications.push_endpoint")
    assert "Yasmin" not in stored, "a partner's words may be anybody's name"


@pytest.mark.parametrize(
    ("sequence", "failure"),
    [(0, PushFailure.NOTHING_TAKEN), (3, PushFailure.ANSWER_NOT_VALID), (-1, PushFailure.NOTHING_TAKEN)],
)
async def test_an_answer_that_acknowledges_nothing_or_too_much_acknowledges_nothing(
    push: Push, sequence: int, failure: PushFailure
) -> None:
    partner = await push.partner(acknowledges(sequence)).start()
    await push.offers(2)
    await push.set(partner.address)
    async with push.working():
        endpoint = await push.failed()
        assert (endpoint.failure, endpoint.pushed_sequence) == (failure, 0)
        page = await push.notifications.listed(Inbox.AGENCY, AGENCY)
        assert page.marks.acknowledged_sequence == 0
        await comes_back(push, partner, 2)


async def test_a_partner_that_does_not_answer_in_time_gets_it_again(push: Push) -> None:
    partner = await push.partner(Gate()).start()
    await push.offers(2)
    await push.set(partner.address)
    async with push.working():
        assert (await push.failed()).failure is PushFailure.TOO_SLOW
        await comes_back(push, partner, 2)


async def test_a_partner_that_dies_after_it_kept_them_gets_them_again_and_drops_them(push: Push) -> None:
    async def dies(partner: Partner, request: DeliverRequest, context: PartnerContext) -> DeliverResponse:
        partner.keep(request.deliveries)
        await partner.stop()
        return DeliverResponse(acknowledged_sequence=request.deliveries[-1].sequence)

    partner = await push.partner(dies).start()
    await push.offers(3)
    await push.set(partner.address)
    async with push.working():
        endpoint = await push.failed()
        assert endpoint.pushed_sequence == 0
        assert list(partner.kept) == [1, 2, 3]
        await partner.start()
        await comes_back(push, partner, 3)
    assert [one.sequence for one in partner.requests[-1].deliveries] == [1, 2, 3]


async def test_a_partner_that_is_away_is_found_again_when_it_comes_back(push: Push) -> None:
    partner = await push.partner().start()
    await push.set(partner.address)
    async with push.working():
        await push.offers(1)
        await push.pushed(1)
        await partner.stop()
        await push.offers(2)
        endpoint = await push.failed(2)
        assert endpoint.failure is PushFailure.NOT_REACHED
        await partner.start()
        await comes_back(push, partner, 3)


async def test_a_connection_that_ends_in_the_middle_of_a_call_is_a_failure_and_no_answer(
    push: Push, odd: Open
) -> None:
    server = await odd(hangs_up)
    await push.offers(1)
    await push.set(f"http://127.0.0.1:{server.port}")
    async with push.working():
        endpoint = await push.failed(2)
    assert (endpoint.failure, endpoint.pushed_sequence) == (PushFailure.NOT_REACHED, 0)
    assert server.connections >= 2


@pytest.mark.parametrize("http_status", [302, 308])
async def test_a_redirect_is_never_followed(push: Push, odd: Open, http_status: int) -> None:
    elsewhere = await push.partner().start()
    server = await odd(redirects_in_http_2(http_status, elsewhere.port))
    await push.offers(1)
    await push.set(f"http://127.0.0.1:{server.port}")
    async with push.working():
        assert (await push.failed(2)).failure is PushFailure.REDIRECTED
    assert elsewhere.requests == []


async def test_a_redirect_of_an_old_web_server_is_never_followed(push: Push, odd: Open) -> None:
    elsewhere = await odd(hangs_up)
    server = await odd(redirects_in_http_1(elsewhere.port))
    await push.offers(1)
    await push.set(f"http://127.0.0.1:{server.port}")
    async with push.working():
        assert (await push.failed(2)).failure is PushFailure.REDIRECTED
    assert elsewhere.connections == 0


async def test_a_proxy_of_the_environment_is_never_used(
    push: Push, odd: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = await odd(hangs_up)
    for name in ("http_proxy", "https_proxy", "grpc_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    partner = await push.partner().start()
    await push.offers(1)
    await push.set(partner.address)
    async with push.working():
        await push.pushed(1)
    assert proxy.connections == 0


async def test_a_partner_with_a_good_certificate_is_believed_by_its_name(push: Push) -> None:
    authority = Authority()
    partner = await push.partner(certificate=authority.certificate(NAME), host=NAME).start()
    await push.offers(2)
    await push.set(partner.address, authorities=authority.pem)
    async with push.working(resolve=leads_here):
        await push.pushed(2)
    assert partner.claims[0]["aud"] == f"https://{NAME}:{partner.port}"


@pytest.mark.parametrize("wrong", ["expired", "other name", "other authority", "well-known only", "no TLS"])
async def test_a_partner_whose_certificate_is_wrong_is_told_nothing(push: Push, wrong: str) -> None:
    authority, other = Authority(), Authority("Somebody else")
    certificate = {
        "expired": authority.certificate(NAME, expires_in=-timedelta(hours=1)),
        "other name": authority.certificate("other.partner.example"),
        "other authority": other.certificate(NAME),
        "well-known only": authority.certificate(NAME),
        "no TLS": None,
    }[wrong]
    partner = await push.partner(certificate=certificate, host=NAME).start()
    await push.offers(1)
    authorities = None if wrong == "well-known only" else authority.pem
    await push.set(f"https://{NAME}:{partner.port}", authorities=authorities)
    async with push.working(resolve=leads_here):
        endpoint = await push.failed(2)
        assert (endpoint.failure, endpoint.pushed_sequence) == (PushFailure.TLS_FAILED, 0)
        assert partner.requests == []
        partner.certificate = authority.certificate(NAME)
        await partner.stop()
        await partner.start()
        if authorities:
            await comes_back(push, partner, 1)


async def test_a_name_that_leads_to_a_private_network_is_not_called(push: Push) -> None:
    partner = await push.partner().start()
    await push.offers(1)
    await push.set(partner.address)
    async with push.working(networks=()):
        assert (await push.failed(2)).failure is PushFailure.ADDRESS_NOT_ALLOWED
    assert partner.requests == []


async def test_one_private_address_among_public_ones_is_enough_to_call_none(push: Push) -> None:
    async def both(host: str, port: int) -> list[IpAddress]:
        return [ip_address("127.0.0.1"), ip_address("10.0.0.1")]

    partner = await push.partner().start()
    await push.offers(1)
    await push.set(f"http://{NAME}:{partner.port}")
    async with push.working(resolve=both):
        assert (await push.failed()).failure is PushFailure.ADDRESS_NOT_ALLOWED
    assert partner.requests == []


async def test_a_name_that_leads_elsewhere_since_it_was_set_is_checked_anew(push: Push) -> None:
    leads_to = ["127.0.0.1"]

    async def changing(host: str, port: int) -> list[IpAddress]:
        return [ip_address(one) for one in leads_to]

    partner = await push.partner(host=NAME).start()
    await push.set(partner.address)
    async with push.working(resolve=changing) as pushing:
        await push.offers(1)
        await push.pushed(1)
        leads_to[:] = ["127.0.0.1", "169.254.169.254"]
        await pushing.lines.close()  # as after a minute, or after any failure
        await push.offers(1)
        assert (await push.failed()).failure is PushFailure.ADDRESS_NOT_ALLOWED
    assert list(partner.kept) == [1]


async def test_the_connection_goes_to_what_was_checked_and_asks_no_second_time(push: Push) -> None:
    asked: list[str] = []

    async def once(host: str, port: int) -> list[IpAddress]:
        asked.append(host)
        return [ip_address("127.0.0.1")]

    partner = await push.partner(host=NAME).start()
    await push.offers(250)
    await push.set(partner.address)
    async with push.working(resolve=once):
        await push.pushed(250)
    assert asked == [NAME], "no other resolver could know this name"


async def test_a_name_that_leads_nowhere_is_a_failure(push: Push) -> None:
    await push.offers(1)
    await push.set("https://nowhere.invalid:443")
    async with push.working():
        assert (await push.failed()).failure is PushFailure.NAME_NOT_FOUND


async def test_the_hub_gives_up_tells_it_and_begins_again_without_loss_when_it_is_told_to(
    push: Push,
) -> None:
    partner = await push.partner(refuses(grpc.StatusCode.PERMISSION_DENIED)).start()
    await push.offers(2)
    await push.set(partner.address)
    async with push.working(patience=timedelta(seconds=1)):
        endpoint = await until(lambda: given_up(push))
        assert (endpoint.state, endpoint.failure) == (PushState.GIVEN_UP, PushFailure.REFUSED)
        calls = len(partner.requests)
        partner.behave = takes_all
        await push.offers(3)
        await push.due_now()
        other = await push.partner().start()
        await push.set(other.address, to=SENDER, inbox=Inbox.DESK)
        await push.pushed(5, to=SENDER)
        assert len(partner.requests) == calls, "nothing more is tried"
        await push.resume()
        await push.pushed(5)
    assert list(partner.kept) == [1, 2, 3, 4, 5]
    names = [name for name, fact in await push.facts() if fact.recipient_id == str(agency_inbox(AGENCY))]
    assert names == ["push_endpoint_set", "push_given_up", "push_resumed", "deliveries_acknowledged"]


async def failed_so(push: Push, failure: PushFailure, grpc_code: str | None) -> PushEndpoint | None:
    endpoint = await push.endpoint()
    return endpoint if (endpoint.failure, endpoint.grpc_code) == (failure, grpc_code) else None


async def given_up(push: Push) -> PushEndpoint | None:
    endpoint = await push.endpoint()
    return endpoint if endpoint.given_up_time else None


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://127.0.0.1:8443", "ADDRESS_NOT_ALLOWED"),
        ("http://8.8.8.8:80", "ADDRESS_NOT_ALLOWED"),
        ("https://192.168.0.5", "ADDRESS_NOT_ALLOWED"),
        ("https://2130706433:8443", "ADDRESS_NOT_ALLOWED"),
        ("https://nowhere.invalid", "NAME_NOT_FOUND"),
        ("inbox.example", "ADDRESS_NOT_VALID"),
    ],
)
async def test_an_operator_is_told_at_once_what_is_wrong_with_an_address(
    push: Push, address: str, reason: str
) -> None:
    async with push.working(networks=()) as pushing:
        with pytest.raises(KemError) as refused:
            await pushing.lines.check(address, None)
    assert refused.value.stable_reason == reason


async def test_an_operator_is_told_at_once_that_something_is_no_certificate(push: Push) -> None:
    async with push.working(networks=(LOOPBACK,)) as pushing:
        assert str(await pushing.lines.check("https://127.0.0.1:1", Authority().pem)) == "https://127.0.0.1:1"
        with pytest.raises(KemError) as refused:
            await pushing.lines.check("https://127.0.0.1:1", "no certificate")
    assert refused.value.stable_reason == "AUTHORITIES_NOT_VALID"
