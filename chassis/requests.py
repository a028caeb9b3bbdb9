"""The same request twice has one effect and one answer."""

import hmac
from collections.abc import Awaitable, Callable
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import Conflict

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
