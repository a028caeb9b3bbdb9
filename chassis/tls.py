"""Both ends of every gRPC connection: certificates of the hub's authority, renewed without a restart."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
import structlog

from chassis.certificates import Certificate, Holder, is_key_of
from chassis.changing_file import Mark, mark_of

_FAREWELL_SECONDS: Final = 3600.0
"""How long calls of before a renewal may go on: the longest stream."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where somebody's key, certificate and authorities are (PEM); key and certificate may be one file.

    In one file the two can only be renewed together.
    """

    key: Path
    certificate: Path
    authorities: Path

    @property
    def mark(self) -> tuple[Mark, Mark, Mark]:
        """Another one after a renewal."""
        return mark_of(self.key), mark_of(self.certificate), mark_of(self.authorities)

    def read_certificate(self) -> Certificate:
        """What the certificate says now."""
        return Certificate.read(self.certificate.read_bytes())

    def client_credentials(self) -> grpc.ChannelCredentials:
        """As they are now.

        Raises:
            OSError: a file is gone.
            ValueError: the files are not what they should be.
        """
        key, chain = self._read_pair()
        return grpc.ssl_channel_credentials(self.authorities.read_bytes(), key, chain)

    def server_credentials(self) -> grpc.ServerCredentials:
        """They ask every client for a certificate, and each handshake takes the files as they are then."""
        marks = [self.mark]

        def look() -> Any:
            try:
                mark = self.mark
                if mark == marks[0]:
                    return None
                fresh = self._server_configuration()
            except (OSError, ValueError) as error:  # the next handshake looks again
                log.error("certificate_not_read", error=type(error).__name__)
                return None
            marks[0] = mark
            log.info("certificate_renewed")
            return fresh

        return grpc.dynamic_ssl_server_credentials(
            self._server_configuration(), look, require_client_authentication=True
        )

    def _server_configuration(self) -> Any:
        return grpc.ssl_server_certificate_configuration(
            [self._read_pair()], root_certificates=self.authorities.read_bytes()
        )

    def _read_pair(self) -> tuple[bytes, bytes]:
        """Key and certificate, which gRPC would take unseen, and then never come to a connection."""
        key, chain = self.key.read_bytes(), self.certificate.read_bytes()
        Certificate.read(chain)
        if not is_key_of(key, chain):
            raise ValueError("the key is not the one of the certificate")
        return key, chain


def secure_channel(
    address: str,
    service: str,
    files: TlsFiles,
    *,
    options: Sequence[tuple[str, Any]] = (),
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
) -> grpc.aio.Channel:
    """A channel on which the holder of `files` calls; after a renewal calls go over the new certificate.

    Args:
        service: whose certificate has to be shown at the address, whatever else listens there.
    """
    expected = ("grpc.ssl_target_name_override", Holder.of_service(service).server_name)
    return _RenewedChannel(
        lambda: grpc.aio.secure_channel(
            address,
            files.client_credentials(),
            options=[*options, expected],
            interceptors=list(interceptors),
        ),
        lambda: files.mark,
    )


class _RenewedChannel(grpc.aio.Channel):
    """Opens another channel when the files change; gRPC's own credentials of a client never do."""

    def __init__(self, open_channel: Callable[[], grpc.aio.Channel], mark: Callable[[], object]) -> None:
        self._open = open_channel
        self._mark = mark
        self._opened_for = mark()
        self._channel = open_channel()
        self._earlier: dict[asyncio.Task[None], grpc.aio.Channel] = {}
        self._is_read = True

    def current(self) -> grpc.aio.Channel:
        """The channel of the certificate as it is now; the one of before while the files cannot be read."""
        try:
            mark = self._mark()
            fresh = self._open() if mark != self._opened_for else None
        except (OSError, ValueError) as error:  # the next call looks again
            if self._is_read:
                log.error("certificate_not_read", error=type(error).__name__)
            self._is_read = False
            return self._channel
        self._is_read = True
        if fresh is not None:
            farewell = asyncio.create_task(self._channel.close(_FAREWELL_SECONDS))
            self._earlier[farewell] = self._channel
            farewell.add_done_callback(lambda ended: self._earlier.pop(ended, None))
            self._channel, self._opened_for = fresh, mark
        return self._channel

    def unary_unary(self, *arguments: Any, **named: Any) -> Any:
        return _Method(self, "unary_unary", arguments, named)

    def unary_stream(self, *arguments: Any, **named: Any) -> Any:
        return _Method(self, "unary_stream", arguments, named)

    def stream_unary(self, *arguments: Any, **named: Any) -> Any:
        return _Method(self, "stream_unary", arguments, named)

    def stream_stream(self, *arguments: Any, **named: Any) -> Any:
        return _Method(self, "stream_stream", arguments, named)

    async def close(self, grace: float | None = None) -> None:
        earlier = dict(self._earlier)
        for farewell in earlier:
            farewell.cancel()
        await asyncio.gather(*earlier, return_exceptions=True)
        await asyncio.gather(*(one.close(grace) for one in (*earlier.values(), self._channel)))

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self.current().channel_ready()

    async def __aenter__(self) -> "_RenewedChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _Method:
    """One method of whichever channel is the present one."""

    def __init__(
        self, owner: _RenewedChannel, kind: str, arguments: Sequence[Any], named: dict[str, Any]
    ) -> None:
        self._owner = owner
        self._kind = kind
        self._arguments, self._named = arguments, named
        self._channel: grpc.aio.Channel | None = None
        self._call: Any = None

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        channel = self._owner.current()
        if channel is not self._channel:
            self._call = getattr(channel, self._kind)(*self._arguments, **self._named)
            self._channel = channel
        return self._call(*arguments, **named)
