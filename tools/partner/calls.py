"""Calls of a person at a terminal: repeated under one request_id while the hub is away; refusals in words."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from tools.hub import Credentials

_PASSING: Final = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)
_TRIES: Final = 8
_TRIES_OF_A_REFUSAL: Final = 2
"""Where the hub says that it may soon know better, as when an acceptance is still on its way."""
_DEADLINE_SECONDS: Final = 10.0


class Refused(Exception):
    """The hub said no, or cannot be reached; the words are for the person at the terminal."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason
        self.words = words


async def call(method: Callable[..., Any], request: Any, person: Credentials, *, tries: int = _TRIES) -> Any:
    """The hub's answer.

    Args:
        tries: at most; 1 for what works once.

    Raises:
        Refused: with the hub's own words.
    """
    pause = 0.2
    for attempt in range(tries):
        try:
            return await method(request, metadata=person.credentials(), timeout=_DEADLINE_SECONDS)
        except grpc.aio.AioRpcError as error:
            reason, retry_seconds = why(error)
            is_passing = error.code() in _PASSING
            is_worth_another = is_passing or (retry_seconds is not None and attempt + 1 < _TRIES_OF_A_REFUSAL)
            if attempt + 1 >= tries or not is_worth_another:
                words = error.details() or error.code().name
                is_unheard = is_passing and reason == error.code().name  # the hub itself names a reason
                raise Refused(reason, _unreached(words) if is_unheard else words) from None
            await asyncio.sleep(retry_seconds or pause)
            pause = min(pause * 2, 2.0)
    raise AssertionError("the last try returns or raises")


def why(error: grpc.aio.AioRpcError) -> tuple[str, float | None]:
    """The stable reason, and after how many seconds to try again where the hub says so."""
    reason, retry_seconds = error.code().name, None
    rich = rpc_status.from_call(error)
    for detail in rich.details if rich else ():
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(retry):
            retry_seconds = retry.retry_delay.ToTimedelta().total_seconds()
    return reason, retry_seconds


def _unreached(words: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return "Who answers there is not vouched for by your authorities.pem: it is another hub, or nobody's."
    return "The hub cannot be reached."
