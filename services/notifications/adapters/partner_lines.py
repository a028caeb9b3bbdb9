"""Lines to partners' own inboxes: every address is checked before anything is sent to it.

A partner's name may lead anywhere, and somewhere else tomorrow. So the name is resolved here, each address
found is held against the rules, and the connection goes to what was checked; the name is used for the
partner's certificate only. No proxy and no redirect can lead it astray.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

import grpc
from cryptography import x509

from kem.partner.v1.partner_inbox_service_pb2 import DeliverRequest
from kem.partner.v1.partner_inbox_service_pb2_grpc import PartnerInboxServiceStub
from kernel.errors import Invalid, RuleBroken
from services.notifications.adapters.delivery_messages import INBOX_NUMBERS, delivery_message
from services.notifications.domain.delivery import Delivery
from services.notifications.domain.push_address import IpAddress, IpNetwork, PushAddress
from services.notifications.domain.push_endpoint import PushEndpoint, PushFailed, PushFailure

TOKEN_SECONDS: Final = 60
LINE_SECONDS: Final = 60.0
"""Then a line is opened anew, and the partner's name asked for again."""

MOST_LOOKUPS: Final = 64
"""Names that are looked up at once: one whose servers are silent keeps a thread while the system waits."""

_LARGEST_ANSWER_BYTES: Final = 16_384
_OPTIONS: Final = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", _LARGEST_ANSWER_BYTES),
    ("grpc.keepalive_time_ms", 20_000),
)
_UNTRUSTED: Final = re.compile(
    r"(Tls|Ssl) handshake failed|Hostname Verification Check failed|security handshaker"
)
_REDIRECT: Final = re.compile(r"(header with status: |HTTP status )3\d\d\b")

if TYPE_CHECKING:
    from kem.partner.v1.partner_inbox_service_pb2_grpc import PartnerInboxServiceAsyncStub

Resolve = Callable[[str, int], Awaitable[Sequence[IpAddress]]]
"""All addresses to which a name leads now, best first. Raises OSError where it leads nowhere."""


class SystemResolver:
    """Asks as every program of this machine does, in threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MOST_LOOKUPS, thread_name_prefix="partner-names")

    async def __call__(self, host: str, port: int) -> list[IpAddress]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [ipaddress.ip_address(place[4][0]) for place in found]

    def close(self) -> None:
        """Waits for nobody: a lookup under way may take long, and nobody needs its answer."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@dataclass(slots=True)
class _Line:
    channel: grpc.aio.Channel
    stub: "PartnerInboxServiceAsyncStub"
    address: str
    authorities: str | None
    close_at: float
    is_busy: bool = False


class PartnerLines:
    """At most one line to each endpoint; one call at a time on each, as the lease of an endpoint sees to.

    Args:
        token: makes an assertion for an audience, good for so many seconds.
        networks: what may be reached beside the public internet.
        deadline_seconds: for looking up, connecting and the partner's answer together.
    """

    def __init__(
        self,
        token: Callable[[str, int], str],
        networks: Sequence[IpNetwork],
        *,
        deadline_seconds: float,
        resolve: Resolve,
    ) -> None:
        self._token = token
        self._networks = networks
        self._deadline_seconds = deadline_seconds
        self._resolve = resolve
        self._lines: dict[UUID, _Line] = {}

    async def check(self, text: str, authorities: str | None) -> PushAddress:
        """What an operator wants to set, as it would be used now.

        Raises:
            Invalid: no such address, no such name, or no certificates.
            RuleBroken: ADDRESS_NOT_ALLOWED, it leads to where nothing may be pushed.
        """
        address = PushAddress.parse(text)
        if authorities is not None:
            try:
                x509.load_pem_x509_certificates(authorities.encode())
            except ValueError:
                raise Invalid(
                    "The authorities are not certificates in PEM form.", reason="AUTHORITIES_NOT_VALID"
                ) from None
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await self._allowed(address)
        except TimeoutError:
            raise _no_such_name() from None
        except PushFailed as failed:
            if failed.failure is PushFailure.NAME_NOT_FOUND:
                raise _no_such_name() from None
            raise RuleBroken(
                "Nothing is pushed to that address: it must be encrypted (https) and on the public internet,"
                " or in a network that the setting KEM_NOTIFICATIONS_PUSH_NETWORKS names.",
                reason="ADDRESS_NOT_ALLOWED",
            ) from None
        return address

    async def deliver(self, endpoint: PushEndpoint, deliveries: Sequence[Delivery]) -> int:
        """Brings deliveries in order; answers up to which of them the partner has taken.

        Raises:
            PushFailed: it has not, or nobody knows whether it has.
        """
        request = DeliverRequest(
            agency_id=str(endpoint.recipient.agency_id),
            inbox=INBOX_NUMBERS[endpoint.recipient.inbox],
            deliveries=[delivery_message(delivery) for delivery in deliveries],
        )
        try:
            async with asyncio.timeout(self._deadline_seconds):
                line = await self._line(endpoint)
                line.is_busy = True
                token = self._token(line.address, TOKEN_SECONDS)
                answer = await line.stub.Deliver(
                    request,
                    metadata=(("authorization", f"Bearer {token}"),),
                    timeout=self._deadline_seconds,
                )
                line.is_busy = False
        except TimeoutError:
            await self._hang_up(endpoint.endpoint_id)
            raise PushFailed(PushFailure.TOO_SLOW) from None
        except grpc.aio.AioRpcError as error:
            await self._hang_up(endpoint.endpoint_id)
            raise _failed(error) from None
        taken = int(answer.acknowledged_sequence)
        if taken > deliveries[-1].sequence:
            raise PushFailed(PushFailure.ANSWER_NOT_VALID)
        if taken < deliveries[0].sequence:
            raise PushFailed(PushFailure.NOTHING_TAKEN)
        return taken

    async def close(self) -> None:
        """Ends every line."""
        for endpoint_id in list(self._lines):
            await self._hang_up(endpoint_id)

    async def _line(self, endpoint: PushEndpoint) -> _Line:
        now = asyncio.get_running_loop().time()
        for idle_id in [key for key, one in self._lines.items() if one.close_at <= now and not one.is_busy]:
            await self._hang_up(idle_id)
        line = self._lines.get(endpoint.endpoint_id)
        if line and (line.address, line.authorities) != (endpoint.address, endpoint.authorities):
            await self._hang_up(endpoint.endpoint_id)
            line = None
        if line is None:
            line = await self._open(endpoint, now + LINE_SECONDS)
            self._lines[endpoint.endpoint_id] = line
        return line

    async def _open(self, endpoint: PushEndpoint, close_at: float) -> _Line:
        address = PushAddress.parse(endpoint.address)
        target = _target(await self._allowed(address), address.port)
        options = [*_OPTIONS, ("grpc.default_authority", address.authority)]
        if address.is_encrypted:
            roots = endpoint.authorities.encode() if endpoint.authorities else None
            channel = grpc.aio.secure_channel(
                target,
                grpc.ssl_channel_credentials(roots),
                options=[*options, ("grpc.ssl_target_name_override", address.host)],
            )
        else:
            channel = grpc.aio.insecure_channel(target, options=options)
        stub = PartnerInboxServiceStub(channel)
        return _Line(channel, stub, endpoint.address, endpoint.authorities, close_at)

    async def _allowed(self, address: PushAddress) -> Sequence[IpAddress]:
        """The addresses of the host, all of which may be reached."""
        try:
            found = await self._resolve(address.host, address.port)
        except OSError:
            raise PushFailed(PushFailure.NAME_NOT_FOUND) from None
        if not found:
            raise PushFailed(PushFailure.NAME_NOT_FOUND)
        if not all(address.allows(one, self._networks) for one in found):
            raise PushFailed(PushFailure.ADDRESS_NOT_ALLOWED)
        return found

    async def _hang_up(self, endpoint_id: UUID) -> None:
        line = self._lines.pop(endpoint_id, None)
        if line is not None:
            await line.channel.close()


def _target(found: Sequence[IpAddress], port: int) -> str:
    """gRPC's own form for addresses that need no looking up: all of one family, the one that comes first."""
    family = found[0].version
    places = [str(one) if family == 4 else f"[{one}]" for one in found if one.version == family]
    return f"ipv{family}:" + ",".join(f"{place}:{port}" for place in places)


def _failed(error: grpc.aio.AioRpcError) -> PushFailed:
    """What a failed call is to an operator. The partner's own words are looked at by gRPC's patterns only."""
    words = error.details() or ""
    if _REDIRECT.search(words):
        return PushFailed(PushFailure.REDIRECTED)
    code = error.code()
    if code is grpc.StatusCode.UNAVAILABLE:
        return PushFailed(PushFailure.TLS_FAILED if _UNTRUSTED.search(words) else PushFailure.NOT_REACHED)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return PushFailed(PushFailure.TOO_SLOW)
    return PushFailed(PushFailure.REFUSED, code.name)


def _no_such_name() -> Invalid:
    return Invalid("The name in that address leads nowhere now; check it.", reason="NAME_NOT_FOUND")
