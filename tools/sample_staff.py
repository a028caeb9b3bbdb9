"""Invented staff with accounts of their own, who sign in as people do: for pictures, benches and tests."""

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from kem.access.v1 import access_service_pb2 as messages
from kernel.vocabulary import Role
from tools.hub import Hub

_STEP_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Account:
    """Of somebody who has chosen a password and has no authenticator yet."""

    principal_id: UUID
    credentials: messages.Credentials


async def open_account(
    hub: Hub, roles: Iterable[Role], agency_id: UUID | None, *, name: str, password: str
) -> Account:
    """A new account, with a login of its own."""
    operator = hub.person(uuid4(), None, Role.OPERATOR)
    request = messages.OpenAccountRequest(
        request_id=str(uuid4()),
        agency_id=str(agency_id) if agency_id else None,
        login=f"staff-{uuid4().hex[:8]}",
        display_name=name,
        roles=[str(role) for role in roles],
    )
    opened: Any = await hub.staff.OpenAccount(request, metadata=operator.credentials())
    credentials = messages.Credentials(login=opened.account.login, password=opened.one_time_password)
    await hub.sign_in.ChangePassword(
        messages.ChangePasswordRequest(credentials=credentials, new_password=password)
    )
    credentials.password = password
    return Account(UUID(opened.account.principal_id), credentials)


async def begin_session(hub: Hub, account: Account) -> str:
    """Enrols an authenticator; the secret of the session that begins by it, with a second factor."""
    return (await begin_sessions(hub, account, 1))[0]


async def begin_sessions(hub: Hub, account: Account, number: int = 2) -> list[str]:
    """Enrols an authenticator; the secrets of so many sessions, with a second factor.

    Args:
        number: two at most: a code is good once, and no later one than the next is taken.
    """
    begun: Any = await hub.sign_in.BeginEnrolment(
        messages.BeginEnrolmentRequest(credentials=account.credentials)
    )
    secret = _secret_in(begun.otpauth_uri)
    confirmed: Any = await hub.sign_in.ConfirmEnrolment(
        messages.ConfirmEnrolmentRequest(credentials=account.credentials, new_code=_code(secret))
    )
    sessions = [str(confirmed.session.session_token)]
    for step in range(1, number):
        known = messages.Credentials()
        known.CopyFrom(account.credentials)
        known.code = _code(secret, step)
        signed_in: Any = await hub.sign_in.SignIn(messages.SignInRequest(credentials=known))
        sessions.append(str(signed_in.session.session_token))
    return sessions


def _secret_in(uri: str) -> bytes:
    """What an authenticator reads, typed or as a picture."""
    return base64.b32decode(parse_qs(urlsplit(uri).query)["secret"][0])


def _code(secret: bytes, step: int = 0) -> str:
    """What an authenticator shows, so many steps from now (RFC 6238: SHA-1, six digits)."""
    counter = struct.pack(">Q", int(time.time()) // _STEP_SECONDS + step)
    digest = hmac.new(secret, counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 1_000_000:06}"
