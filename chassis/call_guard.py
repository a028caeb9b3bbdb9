"""What happens around every call: trace, caller, decision, validation, deadline, and words for an error."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc_status import rpc_status
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis.access import Access, decide
from chassis.access_records import AccessRecord
from chassis.caller import Caller, CallerVerifier
from chassis.certificates import Certificate
from chassis.current import set_current_caller
from chassis.error_map import is_foreseen, status_of
from chassis.logs import places_of
from chassis.measures import call_seconds
from chassis.peers import Peers, WrongCertificate, asks_by_itself, check_may_speak
from chassis.trace_context import current_trace_id, tracer
from chassis.validation import check_request
from kernel.errors import Invalid, KemError, NotAuthenticated, NotFound, NotPermitted, Unavailable

REFLECTION_PREFIX: Final = "/grpc.reflection."
HEALTH_PREFIX: Final = "/grpc.health."
LONGEST_CALL_SECONDS: Final = 30.0
"""For unary calls whose client set no deadline of its own."""

_ON_RECORD: Final = (NotPermitted, NotFound, WrongCertificate)

RefusalRecorder = Callable[[AccessRecord, Caller], Awaitable[None]]

log = structlog.get_logger(__name__)
_propagator: Final = TraceContextTextMapPropagator()


class CallGuard(grpc.aio.ServerInterceptor):
    """Stands before every servicer method of a server.

    What a known caller may not do, or may not know of, is recorded before they are told; so is an assertion
    that comes over somebody else's certificate, for it may be stolen. Streams end with
    UNAVAILABLE when the server drains, so that clients connect again elsewhere, and with UNAUTHENTICATED
    when the certificate that they came over is good no more.
    """

    def __init__(
        self,
        service: str,
        peers: Peers,
        verifier: CallerVerifier,
        access: Mapping[str, Access],
        record_refusal: RefusalRecorder | None = None,
    ) -> None:
        self._service = service
        self._peers = peers
        self._verifier = verifier
        self._access = access
        self._record_refusal = record_refusal
        self._streams: dict[asyncio.Task[Any], Certificate | None] = {}
        self._endings: dict[asyncio.Task[Any], KemError] = {}
        """What a stream is told that was ended from here."""
        self._is_draining = False
        self._guarded: dict[str, Any] = {}  # by method: only those that exist, so it cannot grow

    def drain(self) -> None:
        """Ends the open streams; calls under way go on."""
        self._is_draining = True
        for stream in self._streams:
            self._end(stream, _restarting())

    def end_streams_without_certificate(self) -> None:
        """Ends the open streams whose certificate was revoked or has expired."""
        for stream, certificate in self._streams.items():
            refusal = self._peers.refusal_of(certificate) if certificate is not None else None
            if refusal is not None:
                self._end(stream, refusal)

    def _end(self, stream: asyncio.Task[Any], ending: KemError) -> None:
        if stream not in self._endings:
            self._endings[stream] = ending
            stream.cancel()

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """Wraps the method's handler, whichever of the four kinds it is."""
        method: str = handler_call_details.method
        if method in self._guarded:
            return self._guarded[method]
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        kinds = {
            (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler, self._unary),
            (True, False): ("stream_unary", grpc.stream_unary_rpc_method_handler, self._unary),
            (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler, self._stream),
            (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler, self._stream),
        }
        name, make, wrap = kinds[handler.request_streaming, handler.response_streaming]
        self._guarded[method] = make(
            wrap(method, getattr(handler, name), handler.request_streaming),
            request_deserializer=_reading(handler.request_deserializer),
            response_serializer=handler.response_serializer,
        )
        return self._guarded[method]

    def _unary(self, method: str, act: Any, is_streaming: bool) -> Any:
        async def call(request: Any, context: Any) -> Any:
            with self._traced(method, context):
                caller = None
                started = time.monotonic()
                try:
                    async with asyncio.timeout(_seconds_left(context)):
                        certificate = self._peers.certificate_of(context)
                        caller = self._claimed_caller(context)
                        self._admit(method, caller, certificate, context)
                        answer = await act(self._checked(request, is_streaming), context)
                except grpc.aio.AbortError:
                    raise
                except Exception as error:
                    await self._refuse(method, caller, error, context, started)
                call_seconds.record(time.monotonic() - started, {"method": method, "code": "OK"})
                return answer

        return call

    def _stream(self, method: str, act: Any, is_streaming: bool) -> Any:
        async def call(request: Any, context: Any) -> None:
            # a coroutine that writes, not a generator: a cancel must arrive here also while a slow client
            # keeps a write waiting
            with self._traced(method, context):
                caller = None
                started = time.monotonic()
                task = _this_task()
                self._streams[task] = None
                try:
                    if self._is_draining:
                        raise _restarting()
                    self._streams[task] = certificate = self._peers.certificate_of(context)
                    caller = self._claimed_caller(context)
                    self._admit(method, caller, certificate, context)
                    answers = act(self._checked(request, is_streaming), context)
                    if inspect.isawaitable(answers):  # a method that writes to the context itself
                        await answers
                    else:
                        async with aclosing(answers):
                            async for answer in answers:
                                await context.write(answer)
                except grpc.aio.AbortError:
                    raise
                except asyncio.CancelledError:
                    ending = self._endings.get(task)
                    if ending is None or context.cancelled():
                        raise
                    task.uncancel()
                    await self._refuse(method, caller, ending, context, started)
                except Exception as error:
                    await self._refuse(method, caller, error, context, started)
                finally:
                    self._streams.pop(task, None)
                    self._endings.pop(task, None)

        return call

    def _admit(self, method: str, caller: Caller | None, certificate: Certificate, context: Any) -> None:
        """Decides; the servicer then finds the caller by `current_caller()`."""
        if caller is not None:
            check_may_speak(certificate, caller)
        if method.startswith(REFLECTION_PREFIX):
            if caller is None:
                raise NotAuthenticated("Sign in first: reflection is for known callers only.")
        elif not method.startswith(HEALTH_PREFIX):
            decide(method, caller, self._access)
        if caller is not None and asks_by_itself(certificate, context):
            caller = replace(caller, is_by_itself=True)
        set_current_caller(caller)

    def _claimed_caller(self, context: Any) -> Caller | None:
        for name, value in context.invocation_metadata() or ():
            if name == "authorization":
                scheme, _, token = str(value).partition(" ")
                if scheme.lower() != "bearer" or not token:
                    raise NotAuthenticated("The authorization of this call is not a bearer assertion.")
                return self._verifier.verify(token)
        return None

    def _checked(self, request: Any, is_streaming: bool) -> Any:
        return _checked_stream(request) if is_streaming else _checked(request)

    async def _refuse(
        self, method: str, caller: Caller | None, error: Exception, context: Any, started: float
    ) -> None:
        """Puts a refusal on record, tells the log what the caller may not know, and ends the call."""
        trace_id = current_trace_id() or uuid4().hex
        if isinstance(error, _ON_RECORD) and caller is not None and not error.is_on_record:
            await self._put_on_record(method, caller, error)
        if not is_foreseen(error):
            log.error(
                "call_failed",
                method=method,
                error=type(error).__name__,
                places=places_of(error),
                trace_id=trace_id,
            )
        if isinstance(error, NotAuthenticated) and "serial" in error.metadata:
            log.warning(
                "certificate_refused",
                method=method,
                reason=error.stable_reason,
                serial=error.metadata["serial"],
                trace_id=trace_id,
            )
        status = status_of(error, trace_id)
        name = next(code.name for code in grpc.StatusCode if code.value[0] == status.code)
        call_seconds.record(time.monotonic() - started, {"method": method, "code": name})
        await context.abort_with_status(rpc_status.to_status(status))

    async def _put_on_record(self, method: str, caller: Caller, error: KemError) -> None:
        if self._record_refusal is None:
            return
        record = AccessRecord(self._service, method, refusal_reason=error.stable_reason)
        try:
            await self._record_refusal(record, caller)
        except Exception as failure:
            log.error("refusal_not_recorded", method=method, error=type(failure).__name__)

    @contextmanager
    def _traced(self, method: str, context: Any) -> Any:
        # a caller's tracestate is not taken: its free words, a name maybe, would go on into outbox and topics
        carrier = {
            name: value for name, value in context.invocation_metadata() or () if name == "traceparent"
        }
        with tracer.start_as_current_span(
            method.removeprefix("/"),
            context=_propagator.extract(carrier),
            kind=SpanKind.SERVER,
            attributes={"rpc.system": "grpc", "rpc.method": method},
            record_exception=False,
            set_status_on_exception=False,
        ):
            yield


def _reading(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Reads a request; what is none comes as None, for nobody is told about it who may not call."""

    def read_or_none(content: bytes) -> Any:
        try:
            return read(content)
        except DecodeError:
            return None

    return read_or_none


def _checked(request: Any) -> Any:
    if request is None:
        raise Invalid(
            "These bytes are no request of this method; call with a client made from the hub's contracts.",
            reason="REQUEST_UNREADABLE",
        )
    check_request(request)
    return request


async def _checked_stream(requests: Any) -> AsyncIterator[Any]:
    async for request in requests:
        yield _checked(request)


def _this_task() -> asyncio.Task[Any]:
    """The task of this call: grpc.aio gives each call one of its own."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a call runs outside of any task")
    return task


def _seconds_left(context: Any) -> float:
    left = context.time_remaining()
    return LONGEST_CALL_SECONDS if left is None else min(left, LONGEST_CALL_SECONDS)


def _restarting() -> Unavailable:
    return Unavailable("This service is restarting; please connect again.", retry_delay_seconds=0.5)
