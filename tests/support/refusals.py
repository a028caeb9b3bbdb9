"""What a gRPC refusal says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass(slots=True)
class Refusal:
    """Filled when the block has ended."""

    code: grpc.StatusCode | None = None
    message: str = ""
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    retry_delay_seconds: float | None = None


@contextmanager
def refused() -> Iterator[Refusal]:
    """The block must be refused: `with refused() as refusal: await stub.Call(…)`."""
    refusal = Refusal()
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        yield refusal
    told = refusal_of(raised.value)
    for name in Refusal.__dataclass_fields__:
        setattr(refusal, name, getattr(told, name))


def refusal_of(error: grpc.aio.AioRpcError) -> Refusal:
    """What an error says."""
    refusal = Refusal(error.code(), error.details() or "")
    told = rpc_status.from_call(error)
    for detail in told.details if told else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            refusal.reason, refusal.metadata = info.reason, dict(info.metadata)
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            refusal.retry_delay_seconds = retry.retry_delay.ToMilliseconds() / 1000
    return refusal
