"""Calls as a careful client makes them: repeated under the same request_id until the hub has answered."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from tools.demo.ledger import Ledger
from tools.hub import Person

_A = TypeVar("_A")
_PASSING = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    # a server that ends cancels what is under way; our own cancellation is no RpcError
    grpc.StatusCode.CANCELLED,
)
_DEADLINE_SECONDS = 10.0
_REPEATED_SHARE = 0.02


class Refused(Exception):
    """The hub said no; `reason` is its stable word for why."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(f"{reason}: {words}")
        self.reason = reason


class Method(Protocol):
    """A unary method of a stub."""

    def __call__(self, request: Any, *, metadata: Any, timeout: float) -> Awaitable[Any]: ...


class Calls:
    """Makes calls for many simulated people, and now and then asks twice to see that once was enough."""

    def __init__(self, ledger: Ledger, seed: int, patience_seconds: float = 90.0) -> None:
        self._ledger = ledger
        self._random = random.Random(seed)  # noqa: S311  a sample, not a secret
        self._patience_seconds = patience_seconds

    async def __call__(self, method: Callable[..., Any], request: Any, person: Person) -> Any:
        """The hub's answer.

        Raises:
            Refused: the hub understood and said no.
            grpc.aio.AioRpcError: it could not be reached for as long as patience lasts.
        """
        answer = await self._until_answered(method, request, person)
        if "request_id" in request.DESCRIPTOR.fields_by_name and self._random.random() < _REPEATED_SHARE:
            again = await self._until_answered(method, request, person)
            if not _is_the_first_answer(answer, again):
                self._ledger.repeat_differed(request.DESCRIPTOR.name)
        return answer

    async def _until_answered(self, method: Callable[..., Any], request: Any, person: Person) -> Any:
        until = asyncio.get_running_loop().time() + self._patience_seconds
        pause = 0.05
        while True:
            try:
                return await method(request, metadata=person.credentials(), timeout=_DEADLINE_SECONDS)
            except grpc.aio.AioRpcError as error:
                reason, retry_after = told(error)
                passing = error.code() in _PASSING or retry_after is not None
                if not passing:
                    raise Refused(reason, error.details() or "") from None
                if asyncio.get_running_loop().time() > until:
                    raise
                await asyncio.sleep(retry_after or pause)
                pause = min(pause * 2, 1.0)


def _is_the_first_answer(first: Any, again: Any) -> bool:
    """A repeat gives the first answer; what a disclosure may show is decided anew, but it is the same one."""
    if "disclosure_id" in first.DESCRIPTOR.fields_by_name:
        return bool(first.disclosure_id == again.disclosure_id)
    return bool(first == again)


def told(error: grpc.aio.AioRpcError) -> tuple[str, float | None]:
    """The stable reason of a refusal, and after how many seconds it may be tried again, if at all."""
    reason, retry_after = error.code().name, None
    rich = rpc_status.from_call(error)
    for detail in rich.details if rich else ():
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            reason = info.reason
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_after = retry.retry_delay.ToTimedelta().total_seconds()
    return reason, retry_after
