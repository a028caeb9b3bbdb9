"""Signing in: who is let in, who is not, and that the two look alike to whoever guesses."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

import pytest

from kernel.errors import KemError
from kernel.vocabulary import Role
from services.access.adapters import password_hasher
from services.access.adapters.password_hasher import NoPlace, PasswordHasher
from services.access.domain.password import PasswordTooWeak
from services.access.domain.sign_in_tries import FREE_TRIES, TooManyTries
from services.access.use_cases.authenticate import Offered, SignInRefused
from services.access.use_cases.change_password import change_password
from services.access.use_cases.keep_accounts import make_one_time
from services.access.use_cases.sign_in import PasswordMustBeChanged, sign_in
from tests.integration.access.staff import PASSWORD, Person, Staff

WRONG = "four wrong chairs"


async def _fail(staff: Staff, person: Person, times: int, **other: str) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            await staff.sign_in(person, **{"password": WRONG, **other})


async def _fail_for_long(staff: Staff, person: Person, **other: str) -> None:
    """So often that the delay, half a minute, outlasts what is done next on a busy machine."""
    await _fail(staff, person, FREE_TRIES, **other)
    for seconds in (2, 4, 8, 16):
        staff.later(seconds=seconds)
        await _fail(staff, person, 1, **other)


async def test_a_password_that_the_person_has_chosen_opens_a_session(staff: Staff) -> None:
    person = await staff.member(Role.CASEWORKER)
    session = await staff.sign_in(person, login=f"  {person.login.upper()} ")
    assert (session.acr, session.withheld_roles) == ("pwd", frozenset())
    assert (await staff.assertion(session.session_token)).account.principal_id == person.principal_id
    assert staff.records()[-1] == (person.principal_id, "SignIn", "")


async def test_what_could_be_no_login_is_refused_as_any_other(staff: Staff) -> None:
    for login in ("a\0b", "x" * 101, "λογαριασμός", "'; --"):
        with pytest.raises(SignInRefused):
            await sign_in(Offered(login, WRONG, device_token="somewhere"), staff.signing_in)


async def test_a_one_time_password_opens_nothing_but_its_own_change(staff: Staff) -> None:
    person = await staff.open(Role.CASEWORKER)
    with pytest.raises(PasswordMustBeChanged):
        await staff.sign_in(person)
    assert staff.records()[-1] == (person.principal_id, "SignIn", "PASSWORD_MUST_BE_CHANGED")
    one_time = person.offers()
    await change_password(one_time, PASSWORD, staff.signing_in)
    person.password = PASSWORD
    await staff.sign_in(person)
    with pytest.raises(SignInRefused):
        await sign_in(one_time, staff.signing_in)
    assert staff.facts(person) == ["account_opened", "password_changed"]


async def test_a_one_time_password_is_good_for_a_week(staff: Staff) -> None:
    person = await staff.open(Role.CASEWORKER)
    staff.later(days=7)
    with pytest.raises(SignInRefused):
        await change_password(person.offers(), PASSWORD, staff.signing_in)


async def test_a_weak_password_is_refused_and_the_present_one_stays(staff: Staff) -> None:
    person = await staff.member()
    for weak in ("password1234", person.login + " and more", PASSWORD):
        with pytest.raises(PasswordTooWeak):
            await change_password(person.offers(), weak, staff.signing_in)
        assert staff.records()[-1] == (person.principal_id, "ChangePassword", "PASSWORD_TOO_WEAK")
    await staff.sign_in(person)


async def test_a_changed_password_ends_every_session(staff: Staff) -> None:
    person = await staff.member()
    session = await staff.sign_in(person)
    await change_password(person.offers(), "five blue tables", staff.signing_in)
    with pytest.raises(KemError) as ended:
        await staff.assertion(session.session_token)
    assert ended.value.stable_reason == "SESSION_ENDED"


async def test_a_guesser_gets_the_same_answer_after_the_same_work_whatever_is_wrong(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []
    look = password_hasher._fits

    def noted(password_hash: str, password: str) -> bool:
        looked_at.append(password_hash)
        return look(password_hash, password)

    monkeypatch.setattr(password_hasher, "_fits", noted)
    person, enrolled, unknown = await staff.member(), await staff.member(), "nobody-of-ours"
    await staff.enrol(enrolled)
    locked, started = await staff.member(), await staff.open(Role.CASEWORKER)
    staff.files.execute(f"update access.account set state = 'LOCKED' where login = '{locked.login}'")
    offers = {
        "wrong password": person.offers(password=WRONG),
        "unknown login": person.offers(login=unknown),
        "no login at all": person.offers(login="\x00 ελένη"),
        "no code": enrolled.offers(),
        "wrong code": enrolled.offers(code="000000"),
        "locked": locked.offers(),
        "wrong one-time password": started.offers(password=WRONG),
    }
    answers: dict[str, tuple[str, str]] = {}
    costs: dict[str, list[str]] = {}
    for name, offered in offers.items():
        looked_at.clear()
        with pytest.raises(SignInRefused) as refused:
            await sign_in(offered, staff.signing_in)
        answers[name] = (refused.value.stable_reason, refused.value.message)
        # of the PHC string: algorithm, version and parameters, without salt and hash
        costs[name] = [password_hash.rsplit("$", 2)[0] for password_hash in looked_at]
    assert len(set(answers.values())) == 1
    with staff.signing_in.hasher.place(is_stranger=False) as place:
        own_cost = (await place.hash(PASSWORD)).rsplit("$", 2)[0]
    assert costs == {name: [own_cost] for name in offers}


async def test_failures_are_on_record_by_whom_they_concern_and_never_with_what_was_typed(
    staff: Staff,
) -> None:
    person = await staff.member()
    await _fail(staff, person, 1)
    assert staff.records()[-1] == (person.principal_id, "SignIn", "SIGN_IN_REFUSED")
    with pytest.raises(SignInRefused):
        await sign_in(Offered("typed-a-password-here", WRONG), staff.signing_in)
    kept = staff.files.execute("select * from access.sign_in_try") + staff.files.execute(
        "select convert_from(payload, 'latin1') from access.outbox"
    )
    assert "typed" not in kept
    assert WRONG not in kept
    assert person.login not in kept


async def test_failures_in_a_row_cost_time_and_the_right_password_does_not_help_meanwhile(
    staff: Staff,
) -> None:
    person = await staff.member()
    await _fail(staff, person, FREE_TRIES)
    for seconds in (2, 4, 8):
        staff.later(seconds=seconds)
        await _fail(staff, person, 1)
    for _ in range(3):
        with pytest.raises(TooManyTries) as delayed:
            await staff.sign_in(person)
        assert 0 < delayed.value.retry_delay_seconds <= 16
    assert staff.records()[-3:] == [(person.principal_id, "SignIn", "TOO_MANY_TRIES")] * 3
    staff.later(seconds=16)
    await staff.sign_in(person)
    await _fail(staff, person, FREE_TRIES)  # a success has taken the count back


async def test_an_unknown_login_is_delayed_like_a_known_one(staff: Staff) -> None:
    stranger = Offered("nobody-of-ours", WRONG)
    for _ in range(FREE_TRIES):
        with pytest.raises(SignInRefused):
            await sign_in(stranger, staff.signing_in)
    with pytest.raises(TooManyTries):
        await sign_in(stranger, staff.signing_in)


async def test_many_tries_at_once_are_no_way_around_the_delay(staff: Staff) -> None:
    person = await staff.member()
    tries = (sign_in(person.offers(password=f"{WRONG} {n}"), staff.signing_in) for n in range(20))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    kinds = [type(one) for one in outcomes]
    assert kinds.count(SignInRefused) <= FREE_TRIES
    assert kinds.count(TooManyTries) >= 20 - FREE_TRIES


async def test_nobody_locks_a_colleague_out_of_where_they_have_signed_in_before(staff: Staff) -> None:
    person, other = await staff.member(), await staff.member()
    mine = (await staff.sign_in(person)).device_token
    of_another = (await staff.sign_in(other)).device_token
    await _fail_for_long(staff, person)
    for device_token in ("", "made-up", of_another):
        with pytest.raises(TooManyTries):
            await staff.sign_in(person, device_token=device_token)
    again = await staff.sign_in(person, device_token=mine)
    assert again.device_token == mine
    with pytest.raises(TooManyTries):  # which helps nobody elsewhere
        await staff.sign_in(person)


async def test_a_known_device_is_no_place_to_guess_from_either(staff: Staff) -> None:
    person = await staff.member()
    mine = (await staff.sign_in(person)).device_token
    await _fail_for_long(staff, person, device_token=mine)
    with pytest.raises(TooManyTries):
        await staff.sign_in(person, device_token=mine)
    await staff.sign_in(person)  # the login itself was not tried


async def test_of_passwords_and_tokens_nothing_readable_is_kept(staff: Staff) -> None:
    person = await staff.member()
    session = await staff.enrol(person)
    everything = "".join(
        staff.files.execute(f"select row_to_json(t) from access.{table} t")
        for table in ("account", "credential", "session", "device", "sign_in_try", "outbox", "request")
    )
    for secret in (PASSWORD, session.session_token, session.device_token, person.secret.hex()):
        assert secret not in everything
    assert "$argon2id$v=19$m=32768,t=3,p=1$" in everything


@contextmanager
def _crowded(staff: Staff) -> Iterator[None]:
    """Strangers hold every place that they can have."""
    hasher, usual = PasswordHasher(at_once=1, most_waiting=3), staff.signing_in.hasher
    with ExitStack() as crowd:
        for _ in range(2):
            crowd.enter_context(hasher.place(is_stranger=True))
        for parts in (staff.signing_in, staff.keeping):
            object.__setattr__(parts, "hasher", hasher)
        yield
    for parts in (staff.signing_in, staff.keeping):
        object.__setattr__(parts, "hasher", usual)
    hasher.close()


async def test_no_crowd_of_strangers_keeps_anybody_from_a_known_device_or_a_keeper_from_work(
    staff: Staff,
) -> None:
    person, other = await staff.member(), await staff.member()
    mine = (await staff.sign_in(person)).device_token
    of_another = (await staff.sign_in(other)).device_token
    with _crowded(staff):
        for device_token in ("", "made-up", of_another):
            with pytest.raises(NoPlace):
                await staff.sign_in(person, device_token=device_token)
        assert (await staff.sign_in(person, device_token=mine)).device_token == mine
        await make_one_time(uuid4(), staff.operator, staff.keeping)


async def test_whoever_finds_no_place_has_not_failed_and_is_on_record(staff: Staff) -> None:
    person = await staff.member()
    with _crowded(staff):
        for _ in range(FREE_TRIES + 1):
            with pytest.raises(NoPlace):
                await staff.sign_in(person)
    assert staff.rows("select count(*) from access.sign_in_try") == ["0"]
    assert [reason for _, _, reason in staff.records()].count("OVERLOADED") == FREE_TRIES + 1
    await staff.sign_in(person)


async def test_nobody_has_a_new_password_hashed_who_has_not_shown_the_present_one(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await staff.member()
    hashed: list[str] = []
    make = password_hasher._hash

    def noted(password: str) -> str:
        hashed.append(password)
        return make(password)

    monkeypatch.setattr(password_hasher, "_hash", noted)
    for refusal in [SignInRefused] * FREE_TRIES + [TooManyTries]:
        with pytest.raises(refusal):
            await change_password(person.offers(password=WRONG), "five blue tables", staff.signing_in)
    assert hashed == []
    staff.later(seconds=2)
    await change_password(person.offers(), "five blue tables", staff.signing_in)
    assert hashed == ["five blue tables"]


async def test_a_flood_of_tries_is_refused_before_memory_or_cores_run_out() -> None:
    hasher = PasswordHasher(at_once=1, most_waiting=2)

    async def look() -> bool:
        with hasher.place(is_stranger=False) as place:
            return await place.fits(None, WRONG)

    outcomes = await asyncio.gather(*(look() for _ in range(6)), return_exceptions=True)
    hasher.close()
    assert [type(one) for one in outcomes].count(NoPlace) == 3
    assert outcomes.count(False) == 3
