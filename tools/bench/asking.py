"""Calls of a careful client that is measured: asked again when the hub says so, and counted."""

import asyncio
from typing import Any

import grpc

from tools.demo.calls import told
from tools.hub import Person

DEADLINE_SECONDS = 10.0
_AGAIN = (
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
)


class Asking:
    """Makes calls; a refusal that passes is repeated under the same request_id, after the time it names.

    `put_off` counts such refusals (overload, or a part that is away), `seconds_put_off` what they cost.
    """

    def __init__(self) -> None:
        self.put_off = 0
        self.seconds_put_off = 0.0

    async def __call__(self, method: Any, request: Any, person: Person) -> Any:
        """The hub's answer.

        Raises:
            grpc.aio.AioRpcError: a refusal that does not pass.
        """
        while True:
            try:
                return await method(request, metadata=person.credentials(), timeout=DEADLINE_SECONDS)
            except grpc.aio.AioRpcError as error:
                _, retry_after = told(error)
                if retry_after is None and error.code() not in _AGAIN:
                    raise
                self.put_off += 1
                pause = retry_after or 0.1
                self.seconds_put_off += pause
                await asyncio.sleep(pause)
