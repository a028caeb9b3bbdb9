"""A sign-in at a provider is finished once, in time, and by the browser that began it."""

from datetime import timedelta

import pytest

from services.access.adapters.identity_provider import IdentityProvider
from services.access.use_cases import forget_old_rows
from services.access.use_cases.authenticate import SignInRefused
from services.access.use_cases.finish_sign_in import ReturnedSignIn, finish_sign_in
from tests.integration.access.providers import begin
from tests.integration.access.staff import Person, Staff
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
