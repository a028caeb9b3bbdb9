"""Members of staff of a hub that is backed up: one stays, one leaves afterwards, one has never come yet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from chassis.caller import AssertionSigner
from chassis.tls import secure_channel
from kem.access.v1 import access_service_pb2 as messages
from kem.access.v1.access_service_pb2_grpc import SignInServiceStub, StaffServiceStub
from kernel.ids import random_id
from tests.support.refusals import refused
from tools.stack.credentials import ISSUER
from tools.stack.layout import Layout
from tools.stack.run_file import read_run

PASSWORD = "four green chairs"


@dataclass(frozen=True, slots=True)
class StaffThen:
    """The principals, what whoever stays has of signing in, and the password of whoever never came."""

    stays: str
    leaves: str
    session_token: str
    device_token: str
    one_time_password: str


@asynccontextmanager
async def _door(layout: Layout) -> AsyncIterator[grpc.aio.Channel]:
    run = read_run(layout)
    assert run is not None
    async with secure_channel(run.addresses["access"], "access", layout.tools_certificate) as channel:
        yield channel


def _operator(layout: Layout) -> tuple[tuple[str, str], ...]:
    token = AssertionSigner(ISSUER, layout.issuer_key).token(random_id(), None, ["operator"])
    return (("authorization", f"Bearer {token}"),)


async def open_staff(layout: Layout) -> StaffThen:
    """Opens the accounts at a running hub, and signs one of them in."""
    async with _door(layout) as channel:
        opened: list[Any] = []
        for login in ("stays", "leaves", "waits"):
            request = messages.OpenAccountRequest(
                request_id=str(random_id()), login=login, display_name="Sample Person", roles=["caseworker"]
            )
            opened.append(await StaffServiceStub(channel).OpenAccount(request, metadata=_operator(layout)))
        sign_in = SignInServiceStub(channel)
        credentials = messages.Credentials(login="stays", password=opened[0].one_time_password)
        await sign_in.ChangePassword(
            messages.ChangePasswordRequest(credentials=credentials, new_password=PASSWORD)
        )
        credentials.password = PASSWORD
        session = (await sign_in.SignIn(messages.SignInRequest(credentials=credentials))).session
        stays, leaves, _ = (one.account.principal_id for one in opened)
        waits = opened[2].one_time_password
        return StaffThen(stays, leaves, session.session_token, session.device_token, waits)


async def close(layout: Layout, principal_id: str) -> None:
    """Closes an account at a running hub."""
    async with _door(layout) as channel:
        request = messages.CloseAccountRequest(request_id=str(random_id()), principal_id=principal_id)
        await StaffServiceStub(channel).CloseAccount(request, metadata=_operator(layout))


async def states_of(layout: Layout, staff: StaffThen) -> list[str]:
    """The states of both accounts."""
    async with _door(layout) as channel:
        page = await StaffServiceStub(channel).ListAccounts(
            messages.ListAccountsRequest(), metadata=_operator(layout)
        )
    states = {
        one.principal_id: messages.AccountState.Name(one.state).removeprefix("ACCOUNT_STATE_")
        for one in page.accounts
    }
    return [states[staff.stays], states[staff.leaves]]


async def state_of_session(layout: Layout, staff: StaffThen) -> str:
    """Why there is no assertion for the session."""
    async with _door(layout) as channel:
        request = messages.IssueAssertionRequest(session_token=staff.session_token)
        with refused() as refusal:
            await SignInServiceStub(channel).IssueAssertion(request)
    return refusal.reason


async def is_device_known(layout: Layout, staff: StaffThen) -> bool:
    """Whether the device of whoever stays is one on which they have signed in before."""
    async with _door(layout) as channel:
        credentials = messages.Credentials(login="stays", password=PASSWORD, device_token=staff.device_token)
        answer = await SignInServiceStub(channel).SignIn(messages.SignInRequest(credentials=credentials))
    return answer.session.device_token == staff.device_token


async def answer_to_one_time_password(layout: Layout, staff: StaffThen) -> str:
    """Why the one-time password of whoever never came opens no session."""
    async with _door(layout) as channel:
        credentials = messages.Credentials(login="waits", password=staff.one_time_password)
        with refused() as refusal:
            await SignInServiceStub(channel).SignIn(messages.SignInRequest(credentials=credentials))
    return refusal.reason
