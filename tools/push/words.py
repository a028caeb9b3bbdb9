"""A push endpoint in words: how it is doing, and what an operator can do about it."""

from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp
from rich.markup import escape

from kem.notifications.v1 import push_service_pb2 as messages
from kem.notifications.v1.delivery_pb2 import INBOX_DESK

_STATES: Final = {
    messages.PUSH_STATE_PUSHING: "[green]takes what it is brought[/]",
    messages.PUSH_STATE_FAILING: "[yellow]does not take what it is brought[/]",
    messages.PUSH_STATE_GIVEN_UP: "[red]given up[/]",
}

FAILURES: Final = {
    "NAME_NOT_FOUND": "its name leads nowhere: check the address, or their name server",
    "ADDRESS_NOT_ALLOWED": "its name leads into a private network: check the address with them",
    "NOT_REACHED": "nobody answers there, or it says that it is away: ask them whether it runs",
    "TLS_FAILED": "its certificate is expired, for another name, by another authority, or there is none",
    "REDIRECTED": "it sends callers elsewhere, which is never followed: set the address where the inbox is",
    "TOO_SLOW": "it does not answer in time: ask them to keep first and work later",
    "REFUSED": "it refuses",
    "NOTHING_TAKEN": "it answers that it has kept nothing",
    "ANSWER_NOT_VALID": "it acknowledges what it was never brought: their answer is wrong",
}
"""What each push failure means to an operator."""


def sentences(code: str, endpoint: messages.PushEndpoint) -> list[str]:
    """Two or three lines for a person."""
    waiting = max(endpoint.last_sequence - endpoint.pushed_sequence, 0)
    desk = " (desk)" if endpoint.inbox == INBOX_DESK else ""
    lines = [
        f"[bold]{escape(code)}[/]{desk}  {escape(endpoint.address)}  {_STATES[endpoint.state]}",
        f"    pushed up to {endpoint.pushed_sequence}, {waiting} waiting",
    ]
    if endpoint.tries:
        why = FAILURES.get(endpoint.failure, endpoint.failure)
        code_said = f" with {endpoint.grpc_code}" if endpoint.grpc_code else ""
        since = _instant(endpoint.failing_since_time)
        lines.append(f"    {escape(why)}{code_said}; {endpoint.tries} tries since {since}")
    if endpoint.state == messages.PUSH_STATE_GIVEN_UP:
        side = " --inbox desk" if desk else ""
        lines.append(f"    when it is mended: ./kem push resume {escape(code)}{side}")
    elif endpoint.HasField("next_try_time"):
        lines.append(f"    next try at {_instant(endpoint.next_try_time)}")
    return lines


def as_dict(code: str, endpoint: messages.PushEndpoint) -> dict[str, Any]:
    """The same for a program."""
    return {
        "agency": code,
        "agency_id": endpoint.agency_id,
        "inbox": "desk" if endpoint.inbox == INBOX_DESK else "agency",
        "address": endpoint.address,
        "has_own_authorities": endpoint.has_own_authorities,
        "state": messages.PushState.Name(endpoint.state).removeprefix("PUSH_STATE_"),
        "pushed_sequence": endpoint.pushed_sequence,
        "last_sequence": endpoint.last_sequence,
        "tries": endpoint.tries,
        "failure": endpoint.failure or None,
        "grpc_code": endpoint.grpc_code or None,
        "failing_since_time": _time(endpoint, "failing_since_time"),
        "next_try_time": _time(endpoint, "next_try_time"),
        "given_up_time": _time(endpoint, "given_up_time"),
    }


def _time(endpoint: messages.PushEndpoint, name: str) -> str | None:
    return _instant(getattr(endpoint, name)) if endpoint.HasField(name) else None  # type: ignore[arg-type]  # any field's name


def _instant(stamp: Timestamp) -> str:
    return str(stamp.ToJsonString())
