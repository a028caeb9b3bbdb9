"""A sign-in at a provider is finished once, in time, and by the browser that began it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from services.access.adapters import identity_provider
from services.access.adapters.identity_provider import IdentityProvider, ProviderBusy, ProviderUnavailable
from services.access.use_cases import forget_old_rows
from services.access.use_cases.authenticate import SignInRefused
from services.access.use_cases.finish_sign_in import ReturnedSignIn, finish_sign_in
from services.access.use_cases.to_the_end import TooManyUnderWay, ToTheEnd
from tests.integration.access.providers import BACK, begin
from tests.integration.access.staff import Person, Staff
from tests.integration.chassis.waiting import until
from tests.support.identity_provider import SampleProvider


async def test_a_sign_in_is_finished_once_by_the_browser_that_began_it(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider], person: Person
) -> None:
    begun = await begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    for browser_token in ("of-somebody-else", begun.browser_token):  # the first has used it up
        with pytest.raises(SignInRefused):
            await finish_sign_in(ReturnedSignIn(state, code, browser_token), providers, staff.signing_in)
    assert "token" not in sample.asked
    begun = await begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    returned = ReturnedSignIn(state, code, begun.browser_token, issuer=sample.issuer)
    await finish_sign_in(returned, providers, staff.signing_in)
    with pytest.raises(SignInRefused):
        await finish_sign_in(returned, providers, staff.signing_in)


@pytest.mark.parametrize("other", [{"state": "made-up"}, {"code": "made-up"}, {"issuer": "https://mix.up"}])
async def test_what_comes_back_must_be_what_was_begun(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    other: dict[str, str],
) -> None:
    begun = await begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    returned = {"state": state, "code": code, "browser_token": begun.browser_token} | other
    with pytest.raises(SignInRefused):
        await finish_sign_in(ReturnedSignIn(**returned), providers, staff.signing_in)


async def test_a_provider_that_says_that_it_sends_iss_is_believed_by_nothing_else(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider], person: Person
) -> None:
    sample.configuration = {"authorization_response_iss_parameter_supported": True}
    for issuer, is_in in (("", False), (sample.issuer, True)):
        begun = await begin(staff, providers)
        state, code = sample.sign_in(begun.authorization_url)
        returned = ReturnedSignIn(state, code, begun.browser_token, issuer, BACK)
        assert await _is_let_in(staff, returned, providers) == is_in


@pytest.mark.parametrize(
    ("came_back_to", "is_in"), [("", False), ("https://hub.example/signed-in/other", False), (BACK, True)]
)
async def test_of_several_providers_one_that_sends_no_iss_is_known_by_its_address(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    came_back_to: str,
    is_in: bool,
) -> None:
    two = providers | {"other": providers["city"]}
    begun = await begin(staff, two)
    state, code = sample.sign_in(begun.authorization_url)
    returned = ReturnedSignIn(state, code, begun.browser_token, redirect_uri=came_back_to)
    assert await _is_let_in(staff, returned, two) == is_in
    assert ("token" in sample.asked) == is_in


async def _is_let_in(staff: Staff, returned: ReturnedSignIn, providers: dict[str, IdentityProvider]) -> bool:
    try:
        await finish_sign_in(returned, providers, staff.signing_in)
    except SignInRefused:
        return False
    return True


async def test_however_many_go_away_while_a_provider_is_slow_so_many_go_on_and_others_are_told(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(identity_provider, "MOST_AT_ONCE", 2)
    parts = replace(staff.signing_in, coming_back=ToTheEnd(3))
    sample.goes_on = asyncio.Event()
    begun = [await begin(staff, providers) for _ in range(5)]
    came = [(*sample.sign_in(one.authorization_url), one.browser_token) for one in begun]
    returned = [ReturnedSignIn(*one) for one in came]
    waiting = [asyncio.create_task(finish_sign_in(one, providers, parts)) for one in returned[:2]]
    await until(lambda: sample.asked.count("token") == 2)
    with pytest.raises(ProviderBusy):
        await finish_sign_in(returned[2], providers, parts)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    async with staff.worker.transaction(staff.operator) as tx:
        await tx.connection.execute("lock table provider_sign_in")
        third = asyncio.create_task(finish_sign_in(returned[3], providers, parts))
        await asyncio.sleep(0)
        with pytest.raises(TooManyUnderWay):
            async with asyncio.timeout(5):
                await finish_sign_in(returned[4], providers, parts)
        third.cancel()
    assert sample.asked.count("token") == 2
    sample.goes_on.set()
    await parts.coming_back.close()
    assert [reason for _, method, reason in staff.records() if method == "FinishSignIn"].count("") >= 2
    assert "OVERLOADED" in [reason for _, _, reason in staff.records()]
    await finish_sign_in(returned[4], providers, parts)


@pytest.fixture
async def restarted(providers: dict[str, IdentityProvider]) -> AsyncIterator[dict[str, IdentityProvider]]:
    """The providers as a process knows them that has asked them nothing yet."""
    fresh = {name: IdentityProvider(one.settings) for name, one in providers.items()}
    yield fresh
    for one in fresh.values():
        await one.close()


async def test_a_provider_that_does_not_even_tell_of_itself_takes_no_more_room_than_its_own(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    restarted: dict[str, IdentityProvider],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(identity_provider, "MOST_AT_ONCE", 1)
    begun = [await begin(staff, providers) for _ in range(2)]
    first, second = [
        ReturnedSignIn(*sample.sign_in(one.authorization_url), one.browser_token) for one in begun
    ]
    sample.asked, sample.tells = [], asyncio.Event()
    waiting = asyncio.create_task(finish_sign_in(first, restarted, staff.signing_in))
    await until(lambda: "configuration" in sample.asked)
    with pytest.raises(ProviderBusy):
        async with asyncio.timeout(5):
            await finish_sign_in(second, restarted, staff.signing_in)
    sample.tells.set()
    assert (await waiting).session_token


async def test_nobody_waits_for_a_silent_provider_once_for_each_who_came_before(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    restarted: dict[str, IdentityProvider],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(identity_provider, "DEADLINE_SECONDS", 0.5)
    begun = [await begin(staff, providers) for _ in range(6)]
    came = [ReturnedSignIn(*sample.sign_in(one.authorization_url), one.browser_token) for one in begun]
    sample.asked, sample.tells = [], asyncio.Event()
    told = await asyncio.gather(
        *[finish_sign_in(one, restarted, staff.signing_in) for one in came], return_exceptions=True
    )
    sample.tells.set()
    assert [type(one) for one in told] == [ProviderUnavailable] * 6
    assert sample.asked.count("configuration") < len(came)


async def test_whoever_stays_away_for_long_begins_anew(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider], person: Person
) -> None:
    begun = await begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    staff.later(minutes=10)
    with pytest.raises(SignInRefused):
        await finish_sign_in(ReturnedSignIn(state, code, begun.browser_token), providers, staff.signing_in)


async def test_of_sign_ins_that_are_never_finished_so_many_are_remembered_and_the_latest_go_on(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forget_old_rows, "MOST_UNDER_WAY", 2)
    begun = [await begin(staff, providers) for _ in range(4)]
    parts, done = staff.signing_in, 1
    while done:
        async with staff.worker.transaction(staff.operator) as tx:
            done = await forget_old_rows.forget_old_rows(
                tx, parts.accounts, parts.sessions, parts.tries, timedelta(days=90)
            )
    outcomes = []
    for one in begun:
        state, code = sample.sign_in(one.authorization_url)
        returned = ReturnedSignIn(state, code, one.browser_token)
        try:
            await finish_sign_in(returned, providers, staff.signing_in)
            outcomes.append("in")
        except SignInRefused:
            outcomes.append("out")
    assert outcomes == ["out", "out", "in", "in"]
