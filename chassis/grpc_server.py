"""A service's gRPC door: mutual TLS, guarded methods, health, reflection for known callers, a clean drain."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

from chassis.access import Access
from chassis.call_guard import CallGuard, RefusalRecorder
from chassis.caller import CallerVerifier
from chassis.logs import places_of
from chassis.measures import certificate_seconds_left
from chassis.peers import Peers
from chassis.tls import TlsFiles

Registration = Callable[[grpc.aio.Server], None]
"""Adds one servicer: `lambda server: add_IntakeServiceServicer_to_server(servicer, server)`."""

_OPTIONS: Final = [
    ("grpc.so_reuseport", 0),  # two services on one port must not both believe that they have it
    ("grpc.keepalive_time_ms", 20_000),  # finds clients that vanished without a word
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
]


LOOK_AT_CERTIFICATES_SECONDS: Final = 1.0
"""So soon the streams of a certificate end that was revoked or has expired."""

log = structlog.get_logger(__name__)

REASON_METADATA: Final = "kem-reason"
"""In the trailing metadata of a health check: why not, in a plain clause without anything secret."""


class AddressTaken(Exception):
    """Another process listens on the address of this service."""


class ReasonedHealth(HealthServicer):
    """The standard health service; who asks also hears why a service does not serve."""

    def __init__(self) -> None:
        super().__init__()
        self.reason = ""

    async def Check(self, request: Any, context: Any) -> Any:
        """The state, and the reason beside it."""
        if self.reason:
            context.set_trailing_metadata(((REASON_METADATA, self.reason),))
        return await super().Check(request, context)


class GrpcServer:
    """Serves the methods that the access table names; `""` and each service have a health of their own.

    Nobody gets as far as a call without a certificate of the hub's authorities; there is no door without.
    """

    def __init__(
        self,
        address: str,
        files: TlsFiles,
        peers: Peers,
        verifier: CallerVerifier,
        access: Mapping[str, Access],
        registrations: Sequence[Registration],
        *,
        service: str,
        record_refusal: RefusalRecorder | None = None,
    ) -> None:
        self.address = address
        self.port = 0
        self._names = sorted({method.split("/")[1] for method in access})
        self._files = files
        self._service = service
        self._guard = CallGuard(service, peers, verifier, access, record_refusal)
        self._health = ReasonedHealth()
        self._registrations = registrations
        self._server: grpc.aio.Server | None = None
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listens; serving is said by `set_serving`.

        Raises:
            AddressTaken: somebody else listens there.
        """
        server: grpc.aio.Server = grpc.aio.server(interceptors=[self._guard], options=_OPTIONS)
        for register in self._registrations:
            register(server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.enable_server_reflection(
            [
                *self._names,
                health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
                reflection.SERVICE_NAME,
            ],
            server,
        )
        try:
            self.port = server.add_secure_port(self.address, self._files.server_credentials())
        except RuntimeError:
            raise AddressTaken(self.address) from None
        self._server = server
        await self.set_serving(False, "it is starting")
        await server.start()
        self._looking = asyncio.create_task(self._look_at_certificates(), name="certificates")

    def readiness(self) -> tuple[bool, str]:
        """Whether it serves, and the reason why not."""
        return not self._health.reason, self._health.reason

    async def set_serving(self, is_serving: bool, reason: str = "") -> None:
        """Tells health checks; NOT_SERVING, with the reason, until everything that a call needs is there."""
        self._health.reason = "" if is_serving else reason
        State: Any = health_pb2.HealthCheckResponse
        for name in ["", *self._names]:
            await self._health.set(name, State.SERVING if is_serving else State.NOT_SERVING)

    async def drain(self, grace_seconds: float) -> None:
        """Says NOT_SERVING, ends streams with UNAVAILABLE, lets calls under way finish within the grace."""
        if self._server is None:
            return
        await self.set_serving(False, "it is ending")
        self._guard.drain()
        if self._looking is not None:
            self._looking.cancel()
        server, self._server = self._server, None
        await asyncio.wait_for(server.stop(grace_seconds), grace_seconds + 2)

    async def _look_at_certificates(self) -> None:
        """Ends the streams of certificates that are good no more, and says how long the own one is."""
        failing: set[str] = set()
        while True:
            for look in (self._guard.end_streams_without_certificate, self._measure_certificate):
                try:
                    look()
                    failing.discard(look.__name__)
                except Exception as error:  # whatever it is, the next look is taken
                    if look.__name__ not in failing:
                        log.error("certificate_not_read", error=type(error).__name__, places=places_of(error))
                    failing.add(look.__name__)
            await asyncio.sleep(LOOK_AT_CERTIFICATES_SECONDS)

    def _measure_certificate(self) -> None:
        left = self._files.read_certificate().seconds_left()
        certificate_seconds_left.set(left, {"source": self._service})
