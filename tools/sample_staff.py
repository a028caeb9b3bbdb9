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
    begun: Any = await hub.sign_in.BeginEnrolment(
        messages.BeginEnrolmentRequest(credentials=account.credentials)
    )
    code = _code_now(_secret_in(begun.otpauth_uri))
    confirmed: Any = await hub.sign_in.ConfirmEnrolment(
        messages.ConfirmEnrolmentRequest(credentials=account.credentials, new_code=code)
    )
    return str(confirmed.session.session_token)


def _secret_in(uri: str) -> bytes:
    """What an authenticator reads, typed or as a picture."""
    return base64.b32decode(parse_qs(urlsplit(uri).query)["secret"][0])


def _code_now(secret: bytes) -> str:
    """What an authenticator shows (RFC 6238: SHA-1, six digits)."""
    counter = struct.pack(">Q", int(time.time()) // _STEP_SECONDS)
    digest = hmac.new(secret, counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 1_000_000:06}"
