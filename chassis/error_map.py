"""The one map from what went wrong to what a caller is told."""

from collections.abc import Iterable
from typing import Final

import grpc
from asyncpg.exceptions import DiskFullError
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message as ProtoMessage
from google.rpc import error_details_pb2, status_pb2

from chassis.failures import is_passing
from chassis.validation import InvalidRequest
from kernel.errors import (
    Conflict,
    Exhausted,
    Invalid,
    KemError,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    NotYetKnown,
    RuleBroken,
    Unavailable,
)

DOMAIN: Final = "kem"
FULL_DISK_RETRY_SECONDS: Final = 5.0
"""Somebody has to make room: asking every second would only add to the load."""

CODES: Final[dict[type[KemError], grpc.StatusCode]] = {
    Invalid: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    NotPermitted: grpc.StatusCode.PERMISSION_DENIED,
    NotAuthenticated: grpc.StatusCode.UNAUTHENTICATED,
    RuleBroken: grpc.StatusCode.FAILED_PRECONDITION,
    Conflict: grpc.StatusCode.ALREADY_EXISTS,
    Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
}


def status_of(error: Exception, trace_id: str) -> status_pb2.Status:
    """The status that leaves for an error; an error that nobody foresaw tells nothing but `trace_id`."""
    if isinstance(error, KemError):
        code = _code(error)
        if code is not None:
            return _status(code, error.message, _details(error))
    elif is_passing(error):
        return status_of(_for_now(error), trace_id)
    return _status(
        grpc.StatusCode.INTERNAL,
        f"Something went wrong on our side. Please quote {trace_id} when you report it.",
        (),
    )


def is_foreseen(error: Exception) -> bool:
    """Whether the error has words of its own for the caller."""
    return (isinstance(error, KemError) and _code(error) is not None) or is_passing(error)


def _for_now(error: Exception) -> Unavailable:
    """A passing fault in words; only what a caller may do about it is told."""
    if isinstance(error, DiskFullError):
        return Unavailable(
            "The hub's disk is full, and nothing of this was kept. Whoever runs the hub has to make room;"
            " please send the same request again in a few minutes.",
            retry_delay_seconds=FULL_DISK_RETRY_SECONDS,
            reason="DISK_FULL",
        )
    return Unavailable("A part that this needs is away for a moment; please try again.")


def _code(error: KemError) -> grpc.StatusCode | None:
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), None)


def _details(error: KemError) -> Iterable[ProtoMessage]:
    yield error_details_pb2.ErrorInfo(reason=error.stable_reason, domain=DOMAIN, metadata=error.metadata)
    if isinstance(error, Exhausted | Unavailable | NotYetKnown):
        delay = Duration()
        delay.FromMilliseconds(int(error.retry_delay_seconds * 1000))
        yield error_details_pb2.RetryInfo(retry_delay=delay)
    if isinstance(error, InvalidRequest):
        yield error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(
                    field=one.field, description=one.description, reason=one.rule
                )
                for one in error.violations
            ]
        )


def _status(code: grpc.StatusCode, message: str, details: Iterable[ProtoMessage]) -> status_pb2.Status:
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in details:
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    return status
