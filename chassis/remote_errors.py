"""A refusal that came over gRPC, as the same kind of error that the other side raised."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from chassis.error_map import CODES, DOMAIN
from kernel.errors import Exhausted, KemError, NotYetKnown, RuleBroken, Unavailable

_KINDS: Final = {code: kind for kind, code in CODES.items()}
_PASSING: Final = frozenset({grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED})


@contextmanager
def remote_refusals() -> Iterator[None]:
    """Within it, calls raise KemErrors; what the other side did not foresee stays an RpcError.

    Raises:
        KemError: of the kind, reason, metadata and delay that were sent. Unavailable also where the other
            side could not be reached or did not answer in time.
    """
    try:
        yield
    except grpc.aio.AioRpcError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from None


def refusal_of(error: grpc.aio.AioRpcError) -> KemError | None:
    """The KemError that was sent; None where nobody foresaw the error."""
    code = error.code()
    info, retry = _details(error)
    if info is None:
        if code in _PASSING or code is grpc.StatusCode.UNAVAILABLE:
            return Unavailable("A service that this needs is away for a moment; please try again.")
        return None
    kind = _KINDS.get(code)
    if kind is None:
        return None
    message, metadata = error.details() or "", dict(info.metadata)
    delay = None if retry is None else retry.retry_delay.ToMilliseconds() / 1000
    if kind is Exhausted:
        return Exhausted(
            message, retry_delay_seconds=1.0 if delay is None else delay, reason=info.reason, **metadata
        )
    if kind is Unavailable:
        return Unavailable(
            message, retry_delay_seconds=1.0 if delay is None else delay, reason=info.reason, **metadata
        )
    if kind is RuleBroken and delay is not None:
        return NotYetKnown(message, retry_delay_seconds=delay, reason=info.reason, **metadata)
    return kind(message, reason=info.reason, **metadata)


def _details(
    error: grpc.aio.AioRpcError,
) -> tuple[error_details_pb2.ErrorInfo | None, error_details_pb2.RetryInfo | None]:
    status = rpc_status.from_call(error)
    info: error_details_pb2.ErrorInfo | None = None
    retry: error_details_pb2.RetryInfo | None = None
    for detail in status.details if status is not None else ():
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            found = error_details_pb2.ErrorInfo()
            detail.Unpack(found)
            info = found if found.domain == DOMAIN else info
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
    return info, retry
