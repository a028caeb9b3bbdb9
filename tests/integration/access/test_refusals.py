"""Every refusal of sign-in is on record: counted to the last one, whoever goes away, and in few events."""

import asyncio
import threading
from collections import Counter

import pytest

from chassis.caller import Caller
from kernel.errors import KemError
from services.access.adapters import password_hasher
from services.access.adapters.identity_provider import IdentityProvider, ProviderUnavailable
from services.access.adapters.password_hasher import NoPlace, PasswordHasher
from services.access.domain.refusals import TOLD_EACH
from services.access.domain.session import SessionEnded
from services.access.use_cases.authenticate import SERVICE, Offered, SignInRefused
from services.access.use_cases.begin_sign_in import begin_sign_in
from services.access.use_cases.finish_sign_in import ReturnedSignIn, finish_sign_in
from services.access.use_cases.sign_in import sign_in
from services.access.use_cases.sign_out import sign_out
from services.access.use_cases.tell_refusals import tell_refusals
from tests.integration.access.providers import BACK, begin
from tests.integration.access.staff import Person, Staff
from tests.integration.chassis.waiting import until
from tests.support.identity_provider import SampleProvider

WRONG = "four wrong chairs"
NOBODY = Caller.of_service(SERVICE).principal_id


async def _windows_end(staff: Staff) -> None:
    staff.later(hours=1)
    done = 1
    while done:
        async with staff.worker.transaction(staff.operator) as tx:
            done = await tell_refusals(tx, staff.signing_in)


async def _session_that_never_was(staff: Staff) -> None:
    with pytest.raises(SessionEnded):
        await staff.assertion("made-up")


async def test_of_a_flood_the_first_are_told_one_by_one_and_the_others_as_one_exact_number(
    staff: Staff,
) -> None:
    flood = 5 * TOLD_EACH + 3
    await asyncio.gather(*(_session_that_never_was(staff) for _ in range(flood)))
    kind = (NOBODY, "IssueAssertion", "SESSION_ENDED")
    assert staff.records() == [kind] * TOLD_EACH
    await _windows_end(staff)
    assert staff.records() == [kind] * (TOLD_EACH + 1)
    assert staff.refusals() == {kind: flood}
    await _windows_end(staff)
    assert staff.refusals() == {kind: flood}, "told once"
    await _session_that_never_was(staff)
    assert staff.records() == [kind] * (TOLD_EACH + 2), "another window, and its first is told at once"


async def test_each_persons_refusals_are_counted_apart_and_by_their_reason(staff: Staff) -> None:
    one, other = await staff.member(), await staff.member()
    tried = Counter[tuple[object, str, str]]()
    for person, times in ((one, 8), (other, 3)):
        for _ in range(times):
            with pytest.raises(KemError) as refused:
                await staff.sign_in(person, password=WRONG)
            tried[person.principal_id, "SignIn", refused.value.stable_reason] += 1
    for n in range(TOLD_EACH + 4):
        with pytest.raises(SignInRefused):
            await sign_in(Offered(f"nobody-{n}", WRONG), staff.signing_in)
        tried[NOBODY, "SignIn", "SIGN_IN_REFUSED"] += 1
    await _windows_end(staff)
    assert staff.refusals() == tried
    assert tried[one.principal_id, "SignIn", "TOO_MANY_TRIES"] > 0


async def test_a_flood_takes_one_connection_and_not_all_that_others_need(staff: Staff) -> None:
    note = staff.signing_in.refusals.note
    async with staff.worker.transaction(staff.operator) as tx:
        # nobody else may write: whoever wanted a connection for each would soon hold every one
        await tx.connection.execute("lock table access.refusal_window in exclusive mode")
        flood = [asyncio.create_task(note(staff.operator, f"/x/{n}", "REASON")) for n in range(100)]
        await until(lambda: _waiting_for_a_lock(staff) > 0)
        async with asyncio.timeout(5), staff.worker.transaction(staff.operator) as another:
            await another.now()
        assert _waiting_for_a_lock(staff) == 1
    await asyncio.gather(*flood)
    assert sum(staff.refusals().values()) == 100


def _waiting_for_a_lock(staff: Staff) -> int:
    return int(staff.rows("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")[0])


async def test_a_session_that_has_ended_is_on_record_as_its_persons_and_one_that_never_was_as_nobodys(
    staff: Staff,
) -> None:
    person = await staff.member()
    session = await staff.sign_in(person)
    staff.later(minutes=30)
    with pytest.raises(SessionEnded):
        await staff.assertion(session.session_token)
    assert staff.records()[-1] == (person.principal_id, "IssueAssertion", "SESSION_ENDED")
    await sign_out(session.session_token, everywhere=False, parts=staff.signing_in)
    assert staff.records()[-1] == (person.principal_id, "SignOut", "")
    await sign_out(session.session_token, everywhere=False, parts=staff.signing_in)
    assert staff.records()[-1] == (NOBODY, "SignOut", "SESSION_ENDED")


async def test_a_client_that_goes_away_while_its_password_is_looked_at_is_on_record_and_keeps_its_place(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await staff.member()
    hasher = PasswordHasher(at_once=1, most_waiting=1)
    object.__setattr__(staff.signing_in, "hasher", hasher)
    is_looked_at, may_end, look = threading.Event(), threading.Event(), password_hasher._fits

    def slowly(password_hash: str, password: str) -> bool:
        is_looked_at.set()
        assert may_end.wait(30)
        return look(password_hash, password)

    monkeypatch.setattr(password_hasher, "_fits", slowly)
    client = asyncio.create_task(staff.sign_in(person, password=WRONG))
    await until(is_looked_at.is_set)
    client.cancel()
    with pytest.raises(asyncio.CancelledError):
        await client
    with pytest.raises(NoPlace), hasher.place(is_stranger=True):
        pass
    may_end.set()
    await staff.signing_in.to_the_end.close()
    assert staff.records()[-1] == (person.principal_id, "SignIn", "SIGN_IN_REFUSED")
    assert staff.rows("select tries from access.sign_in_try") == ["1"]
    hasher.close()


async def test_a_browser_that_goes_away_while_the_provider_is_asked_is_on_record(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = await begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    is_asked, may_end, prove = asyncio.Event(), asyncio.Event(), IdentityProvider.prove

    async def slowly(self: IdentityProvider, *arguments: str) -> object:
        is_asked.set()
        await may_end.wait()
        return await prove(self, *arguments)

    monkeypatch.setattr(IdentityProvider, "prove", slowly)
    returned = ReturnedSignIn(state, code, begun.browser_token)
    browser = asyncio.create_task(finish_sign_in(returned, providers, staff.signing_in))
    await is_asked.wait()
    browser.cancel()
    with pytest.raises(asyncio.CancelledError):
        await browser
    may_end.set()
    await staff.signing_in.coming_back.close()
    assert staff.records()[-1] == (person.principal_id, "FinishSignIn", "")


async def test_what_goes_wrong_at_a_provider_is_on_record_as_nobodys(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider], person: Person
) -> None:
    for provider, back, reason in (
        ("nowhere", BACK, "PROVIDER_NOT_FOUND"),
        ("city", "https://elsewhere.example", "REDIRECT_NOT_ALLOWED"),
    ):
        with pytest.raises(KemError) as refused:
            await begin_sign_in(provider, back, providers, staff.signing_in)
        assert refused.value.stable_reason == reason
        assert staff.records()[-1] == (NOBODY, "BeginSignIn", reason)
    begun = await begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    await sample.stop()
    with pytest.raises(ProviderUnavailable):
        await finish_sign_in(ReturnedSignIn(state, code, begun.browser_token), providers, staff.signing_in)
    assert staff.records()[-1] == (NOBODY, "FinishSignIn", "PROVIDER_UNAVAILABLE")
