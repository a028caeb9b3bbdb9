"""Whoever guesses passwords is slow, keeps nobody out, and is seen: at one login and at many."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kernel.errors import KemError
from services.access.adapters import measures
from services.access.domain.sign_in_tries import TooManyTries
from services.access.use_cases.authenticate import Offered
from services.access.use_cases.sign_in import sign_in
from tests.integration.access.staff import Person, Staff

WRONG = "four wrong chairs"
_RULES = (Path(__file__).resolve().parents[3] / "deploy/prometheus/rules.yml").read_text()


def _allowed(figure: str) -> int:
    """What the rules allow of it before they tell somebody."""
    (most,) = re.findall(rf"expr: max\({figure}\) > ([0-9]+)$", _RULES, re.MULTILINE)
    return int(most)


ONE_LOGIN, MANY_LOGINS = _allowed("kem_sign_in_failures_in_a_row"), _allowed("kem_sign_in_failures")

Seen = Callable[[], Awaitable[tuple[int, int]]]


@pytest.fixture
def seen(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """The failures in a row of one login, and those of all."""
    told: dict[str, int] = {}
    for name in ("sign_in_failures_in_a_row", "sign_in_failures"):
        gauge = getattr(measures, name)
        monkeypatch.setattr(gauge, "set", lambda value, name=name: told.__setitem__(name, int(value)))

    async def look() -> tuple[int, int]:
        async with staff.worker.pool.acquire() as connection:
            await measures.look_at_sign_ins(connection)
        return told["sign_in_failures_in_a_row"], told["sign_in_failures"]

    return look


async def _guess(staff: Staff, login: str, device_token: str = "") -> float:
    """One more wrong guess; answers for how many seconds it was put off."""
    try:
        await sign_in(Offered(login, WRONG, device_token=device_token), staff.signing_in)
    except TooManyTries as delayed:
        return delayed.retry_delay_seconds or 0.0
    except KemError:
        return 0.0
    raise AssertionError("a wrong password opened a session")


async def _guess_on_and_on(staff: Staff, person: Person, times: int) -> float:
    """As fast as is let; answers how many seconds it took."""
    passed = 0.0
    for _ in range(times):
        while delay := await _guess(staff, person.login):
            passed += delay
            staff.later(seconds=delay + 0.01)
    return passed


async def test_one_login_that_is_guessed_on_and_on_is_slow_keeps_nobody_out_and_is_seen(
    staff: Staff, seen: Seen
) -> None:
    person = await staff.member()
    device = (await staff.sign_in(person)).device_token
    assert await seen() == (0, 0)
    took = await _guess_on_and_on(staff, person, ONE_LOGIN)
    assert (await seen())[0] == ONE_LOGIN
    took += await _guess_on_and_on(staff, person, 1)
    in_a_row, of_all = await seen()
    assert (in_a_row > ONE_LOGIN, of_all <= MANY_LOGINS) == (True, True)
    assert 500 < took < 600
    assert (await staff.sign_in(person, device_token=device)).session_token
    staff.later(hours=1)
    assert await seen() == (0, 0)


async def test_guesses_at_many_logins_are_seen_also_at_logins_that_nobody_has(
    staff: Staff, seen: Seen
) -> None:
    people = [await staff.member() for _ in range(4)]
    logins = [person.login for person in people] + [f"nobody-{number}" for number in range(4)]
    for _ in range(4):
        for login in logins:
            assert not await _guess(staff, login)
    in_a_row, of_all = await seen()
    assert (in_a_row <= ONE_LOGIN, of_all) == (True, 32)
    assert of_all > MANY_LOGINS
    await staff.sign_in(people[0])
    assert (await seen())[1] == 28
