"""The same request twice has one effect and one answer."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from google.protobuf.message import Message

from chassis.current import current_caller
from chassis.postgres import Database, Transaction
from kernel.errors import Conflict

_A = TypeVar("_A", bound=Message)

_CLAIM = """
    insert into request (principal_id, request_id, method, hash) values ($1, $2, $3, $4)
    on conflict do nothing returning true
"""
_FIRST = "select method, hash, response from request where principal_id = $1 and request_id = $2"
_KEEP = "update request set response = $3 where principal_id = $1 and request_id = $2"


def request_digest(key: bytes, request_bytes: bytes) -> bytes:
    """What is kept of a request to know it again: keyed, as a plain hash would confirm guessed words."""
    return hmac.digest(key, request_bytes, "sha256")


async def once(
    tx: Transaction,
    request_id: UUID,
    method: str,
    request_bytes: bytes,
    act: Callable[[], Awaitable[bytes]],
) -> bytes:
    """The answer of `act`, or the first answer where this caller has already had one.

    Call it first in the transaction: a second call with the same id waits until the first has ended. An
    exception of `act` keeps nothing, so a refused request may be sent again.

    Args:
        request_bytes: the request, serialized deterministically.

    Raises:
        Conflict: REQUEST_ID_REUSED, the id was used for another method or another request.
    """
    principal_id = tx.caller.principal_id
    digest = request_digest(tx.request_key, request_bytes)
    if await tx.connection.fetchval(_CLAIM, principal_id, request_id, method, digest):
        response = await act()
        tx.write_last(_KEEP, principal_id, request_id, response)
        return response
    first = await tx.connection.fetchrow(_FIRST, principal_id, request_id)
    if (first["method"], first["hash"]) != (method, digest):
        raise Conflict(
            "This request_id was already used for a different request; take a new one.",
            reason="REQUEST_ID_REUSED",
            request_id=str(request_id),
        )
    return bytes(first["response"])


async def answer_once(
    database: Database,
    method: str,
    request: Any,
    answer: type[_A],
    act: Callable[[Transaction], Awaitable[_A]],
) -> _A:
    """The same for a gRPC method, in a transaction of its own by whoever is calling.

    Args:
        request: a message with a `request_id`.
        answer: the type of what `act` answers.

    Raises:
        Conflict: as `once` says.
    """
    written = request.SerializeToString(deterministic=True)
    async with database.transaction(current_caller()) as tx:

        async def acted() -> bytes:
            return (await act(tx)).SerializeToString()

        response = await once(tx, UUID(request.request_id), method, written, acted)
    return answer.FromString(response)
