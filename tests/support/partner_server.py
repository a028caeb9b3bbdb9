"""A partner that hosts an inbox of its own: a real gRPC server, which takes nothing without an assertion."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chassis.validation import check_request
from kem.notifications.v1.delivery_pb2 import Delivery
from kem.partner.v1.partner_inbox_service_pb2 import DeliverRequest, DeliverResponse
from kem.partner.v1.partner_inbox_service_pb2_grpc import (
    PartnerInboxServiceServicer,
    add_PartnerInboxServiceServicer_to_server,
)
from tests.support.certificates import Certificate

PartnerContext = grpc.aio.ServicerContext[Any, Any]
_PATIENCE_SECONDS = 30
Behave = Callable[["Partner", DeliverRequest, PartnerContext], Awaitable[DeliverResponse]]


async def takes_all(partner: "Partner", request: DeliverRequest, context: PartnerContext) -> DeliverResponse:
    """Keeps what is new of it, and says so."""
    partner.keep(request.deliveries)
    return DeliverResponse(acknowledged_sequence=request.deliveries[-1].sequence)


@dataclass
class Partner(PartnerInboxServiceServicer):
    """Keeps deliveries by sequence, as any partner must: the same one may come twice.

    Args:
        public_key: the hub's, as its operator has published it.
        address: what the partner calls itself; only what is meant for it is taken.
    """

    public_key: bytes
    issuer: str = "service:notifications"
    certificate: Certificate | None = None
    host: str = "127.0.0.1"
    behave: Behave = takes_all
    port: int = 0
    requests: list[DeliverRequest] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    authorities: list[str] = field(default_factory=list)
    kept: dict[int, Delivery] = field(default_factory=dict)
    calls_at_once: int = 0
    most_at_once: int = 0
    _server: grpc.aio.Server | None = None

    @property
    def address(self) -> str:
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.port}"

    async def start(self) -> "Partner":
        """Listens; after `stop` or `die` at the same port again."""
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        add_PartnerInboxServiceServicer_to_server(self, self._server)
        place = f"127.0.0.1:{self.port}"
        if self.certificate:
            pair = (self.certificate.key, self.certificate.chain)
            self.port = self._server.add_secure_port(place, grpc.ssl_server_credentials([pair]))
        else:
            self.port = self._server.add_insecure_port(place)
        await self._server.start()
        return self

    async def stop(self) -> None:
        """Leaves at once, whatever is under way."""
        if self._server is not None:
            server, self._server = self._server, None
            await server.stop(None)

    async def Deliver(self, request: DeliverRequest, context: PartnerContext) -> DeliverResponse:
        """Checks who speaks and what is said, then does what the test wants."""
        try:
            self.claims.append(self._believed(context))
        except jwt.PyJWTError as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
        check_request(request)
        self.requests.append(request)
        self.calls_at_once += 1
        self.most_at_once = max(self.most_at_once, self.calls_at_once)
        try:
            return await self.behave(self, request, context)
        finally:
            self.calls_at_once -= 1

    def keep(self, deliveries: Any) -> None:
        """Keeps each sequence once; the next one must follow the last."""
        for delivery in deliveries:
            if delivery.sequence not in self.kept:
                assert not self.kept or delivery.sequence == max(self.kept) + 1, "out of order"
                self.kept[delivery.sequence] = delivery

    def _believed(self, context: PartnerContext) -> dict[str, Any]:
        metadata = {str(name): str(value) for name, value in context.invocation_metadata() or ()}
        claims: dict[str, Any] = jwt.decode(
            metadata.get("authorization", "").removeprefix("Bearer "),
            Ed25519PublicKey.from_public_bytes(self.public_key),
            algorithms=["EdDSA"],
            audience=self.address,
            issuer=self.issuer,
            options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
        )
        return claims


def refuses(code: grpc.StatusCode, words: str = "no") -> Behave:
    """Says no with this status."""

    async def refuse(partner: Partner, request: DeliverRequest, context: PartnerContext) -> DeliverResponse:
        await context.abort(code, words)
        raise AssertionError("abort raises")

    return refuse


def acknowledges(sequence: int) -> Behave:
    """Keeps nothing and says this."""

    async def acknowledge(
        partner: Partner, request: DeliverRequest, context: PartnerContext
    ) -> DeliverResponse:
        return DeliverResponse(acknowledged_sequence=sequence)

    return acknowledge


class Gate:
    """Keeps every call waiting until it is opened, then takes all."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self._reached = asyncio.Event()

    async def reached(self) -> None:
        """Returns when a call waits."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await self._reached.wait()

    async def __call__(
        self, partner: Partner, request: DeliverRequest, context: PartnerContext
    ) -> DeliverResponse:
        self._reached.set()
        await self.opened.wait()
        return await takes_all(partner, request, context)
