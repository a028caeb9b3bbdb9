"""A channel to another service: calls carry who asks, the trace, and a deadline."""

import time
from collections.abc import Callable
from typing import Any, Final

import grpc

from chassis.caller import AssertionSigner
from chassis.tls import TlsFiles, secure_channel
from chassis.trace_context import current_trace_context

DEFAULT_DEADLINE_SECONDS: Final = 5.0
_LIFETIME_SECONDS: Final = 300
_RENEW_BEFORE_SECONDS: Final = 60

RECONNECTING: Final = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),  # who was away is found again within seconds
    ("grpc.min_reconnect_backoff_ms", 5_000),  # how long connecting may take, whatever the name says
)
_OPTIONS: Final = [
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    *RECONNECTING,
]


def channel(
    address: str,
    service: str,
    signer: AssertionSigner | None,
    files: TlsFiles,
    *,
    token: Callable[[], str] | None = None,
    deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
    note: Callable[[str], None] | None = None,
) -> grpc.aio.Channel:
    """Opens lazily and reconnects by itself.

    Args:
        service: which one answers there.
        signer: the service that calls, which then speaks for itself; None for calls without an assertion.
        files: the certificate over which is called.
        token: speaks for somebody else instead (a client's own assertion, asked for at each call).
        deadline_seconds: for unary calls that set none; streams have none unless they set one.
        note: told the method of each call as it is made.
    """
    source = token or (ServiceToken(signer) if signer is not None else None)
    interceptors = [
        kind(source, deadline, note)
        for kind, deadline in (
            (_UnaryUnary, deadline_seconds),
            (_UnaryStream, None),
            (_StreamUnary, deadline_seconds),
            (_StreamStream, None),
        )
    ]
    return secure_channel(address, service, files, options=_OPTIONS, interceptors=interceptors)


class ServiceToken:
    """A service's own assertion, signed anew a minute before it ends."""

    def __init__(self, signer: AssertionSigner) -> None:
        self._signer = signer
        self._token = ""
        self._signed = 0.0

    def __call__(self) -> str:
        # by the wall clock, as the other side reads it: a clock that jumps either way means a new token
        now = time.time()
        if not 0 <= now - self._signed < _LIFETIME_SECONDS - _RENEW_BEFORE_SECONDS:
            self._token = self._signer.service_token(_LIFETIME_SECONDS)
            self._signed = now
        return self._token


class _Carrying:
    def __init__(
        self,
        token: Callable[[], str] | None,
        deadline_seconds: float | None,
        note: Callable[[str], None] | None,
    ) -> None:
        self._token = token
        self._note = note
        self._deadline_seconds = deadline_seconds

    def _details(self, details: Any) -> Any:
        if self._note is not None:
            self._note(_name_of(details.method))
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        given = set(metadata.keys())
        if self._token is not None and "authorization" not in given:
            metadata.add("authorization", f"Bearer {self._token()}")
        traceparent, tracestate = current_trace_context()
        if traceparent and "traceparent" not in given:
            metadata.add("traceparent", traceparent)
            if tracestate:
                metadata.add("tracestate", tracestate)
        timeout = details.timeout if details.timeout is not None else self._deadline_seconds
        return details._replace(metadata=metadata, timeout=timeout)


def _name_of(method: str | bytes) -> str:
    return method if isinstance(method, str) else method.decode()


class _UnaryUnary(_Carrying, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self._details(details), request)


class _UnaryStream(_Carrying, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self._details(details), request)


class _StreamUnary(_Carrying, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, details: Any, requests: Any) -> Any:
        return await continuation(self._details(details), requests)


class _StreamStream(_Carrying, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return await continuation(self._details(details), requests)
