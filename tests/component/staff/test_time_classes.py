"""Whoever guesses learns nothing by a clock: what is unknown takes as long as what is known and refused.

Calls of both kinds take turns, and the quickest of each are held against each other: what else the machine
does can only add to a call, and to a few it adds most. What they are to find is large: without a hash for an
unknown login one answer comes in a twentieth of the other's time.
"""

import time
from collections.abc import Awaitable, Callable

from kem.access.v1 import access_service_pb2 as messages
from kernel.ids import random_id
from kernel.vocabulary import Role
from services.access.domain.sign_in_tries import FREE_TRIES
from tests.component.staff.access_service import Desk
from tests.support.refusals import Refusal, refused

WRONG = "four wrong chairs"
CLASS_RATIO = 2.0

Call = Callable[[], Awaitable[object]]


async def _refused_after(call: Call) -> tuple[float, Refusal]:
    began = time.perf_counter()
    with refused() as refusal:
        await call()
    return time.perf_counter() - began, refusal


async def _same_class(pairs: list[tuple[Call, Call]]) -> None:
    """Every pair gets the same answer, and the two kinds take the same class of time."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for pair in pairs:
        answers = []
        for kind, call in zip(seconds, pair, strict=True):
            took, refusal = await _refused_after(call)
            kind.append(took)
            answers.append((refusal.code, refusal.reason, refusal.message))
        assert answers[0] == answers[1]
    slower, faster = sorted((min(kind) for kind in seconds), reverse=True)
    assert slower / faster < CLASS_RATIO, [sorted(kind) for kind in seconds]


async def test_an_unknown_login_takes_as_long_as_a_wrong_password_a_locked_account_and_a_missing_code(
    desk: Desk,
) -> None:
    def tries(login: str, password: str = WRONG) -> Call:
        credentials = messages.Credentials(login=login, password=password)
        return lambda: desk.sign_in.SignIn(messages.SignInRequest(credentials=credentials))

    wrong, locked, enrolled = [await desk.member(Role.CASEWORKER) for _ in range(3)]
    await desk.enrol(enrolled)
    found = await desk.staff.ListAccounts(
        messages.ListAccountsRequest(login=locked.login), metadata=desk.keeper()
    )
    lock = messages.LockAccountRequest(
        request_id=str(random_id()), principal_id=found.accounts[0].principal_id
    )
    await desk.staff.LockAccount(lock, metadata=desk.keeper())
    for known in (
        tries(wrong.login),
        tries(locked.login, locked.password),
        tries(enrolled.login, enrolled.password),
    ):
        unknown = [tries(f"nobody-{random_id().hex[:8]}") for _ in range(FREE_TRIES - 1)]
        await _same_class([(known, one) for one in unknown])


async def test_another_agencys_account_takes_as_long_as_none(desk: Desk) -> None:
    metadata = desk.keeper(Role.AGENCY_ADMIN, random_id())
    other = (await desk.open(Role.AGENCY_MEMBER, agency_id=random_id())).account.principal_id

    def lock(principal_id: str) -> Call:
        request = messages.LockAccountRequest(request_id=str(random_id()), principal_id=principal_id)
        return lambda: desk.staff.LockAccount(request, metadata=metadata)

    await _same_class([(lock(other), lock(str(random_id()))) for _ in range(40)])


async def test_a_session_that_never_was_takes_as_long_as_one_that_was_ended(desk: Desk) -> None:
    session = await desk.session(await desk.member(Role.CASEWORKER))
    ended = messages.SignOutRequest(session_token=session.session_token)
    await desk.sign_in.SignOut(ended)

    def shows(token: str) -> Call:
        request = messages.IssueAssertionRequest(session_token=token)
        return lambda: desk.sign_in.IssueAssertion(request)

    await _same_class([(shows(session.session_token), shows(random_id().hex)) for _ in range(40)])
