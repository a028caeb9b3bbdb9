"""What `./kem login` keeps for other commands: the session's secret, in a file that only its owner reads."""

import json
from dataclasses import dataclass

from kem.access.v1 import access_service_pb2 as messages
from tools.hub import Hub, Metadata
from tools.partner.calls import Refused, call
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout, write_secret


@dataclass(frozen=True, slots=True)
class Kept:
    """A session and the device's secret, by login: it outlives the session.

    Args:
        session_token: empty where nobody is signed in.
    """

    session_token: str
    device_tokens: dict[str, str]


class Nobody:
    """Credentials for a call that needs none."""

    def credentials(self) -> Metadata:
        return ()


class SignedIn:
    """Whoever has signed in, for the few seconds of a command."""

    def __init__(self, assertion: str) -> None:
        self._metadata: Metadata = (("authorization", f"Bearer {assertion}"),)

    def credentials(self) -> Metadata:
        """Metadata for a call."""
        return self._metadata


def read_kept(layout: Layout) -> Kept:
    """What was kept; nothing where there is no such file."""
    try:
        said = json.loads(layout.login_file.read_text())
        return Kept(said["session_token"], said["device_tokens"])
    except (OSError, ValueError, KeyError, TypeError):
        return Kept("", {})


def keep(layout: Layout, kept: Kept) -> None:
    """Keeps it."""
    content = {"session_token": kept.session_token, "device_tokens": kept.device_tokens}
    write_secret(layout.login_file, json.dumps(content))


async def signed_in_at(hub: Hub, layout: Layout) -> SignedIn:
    """Whoever has signed in here.

    Raises:
        StackFailure: nobody has, or no longer.
    """
    token = read_kept(layout).session_token
    if not token:
        raise StackFailure("Nobody is signed in here; sign in with ./kem login.", 1)
    request = messages.IssueAssertionRequest(session_token=token)
    try:
        answer = await call(hub.sign_in.IssueAssertion, request, Nobody())
    except Refused as refusal:
        raise StackFailure(f"{refusal.words} ({refusal.reason}; ./kem login)", 1) from None
    return SignedIn(answer.assertion)
