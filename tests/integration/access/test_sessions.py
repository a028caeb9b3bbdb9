"""Sessions: their limits, their ends, and the assertions that they give."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import jwt
import pytest

from chassis.caller import Caller, CallerVerifier
from chassis.postgres import Transaction
from kernel.ids import AgencyId, random_id
from kernel.vocabulary import Role
from services.access.domain.session import SessionEnded
from services.access.use_cases.authenticate import SERVICE, SignInRefused
from services.access.use_cases.change_roles import change_roles
from services.access.use_cases.close_account import close_account
from services.access.use_cases.keep_accounts import make_one_time
from services.access.use_cases.lock_account import lock_account
from services.access.use_cases.reset_credentials import reset_credentials
from services.access.use_cases.sign_out import sign_out
from services.access.use_cases.unlock_account import unlock_account
from tests.integration.access.staff import THUMBPRINT, Person, Staff
from tests.integration.chassis.assertions import write_keys
from tests.integration.chassis.waiting import until


async def test_an_assertion_is_one_that_every_service_takes_and_lasts_five_minutes(
    staff: Staff, tmp_path: Path
) -> None:
    agency_id = AgencyId(random_id())
    person = await staff.member(Role.AGENCY_MEMBER, agency_id=agency_id)
    session = await staff.sign_in(person)
    issued = await staff.assertion(session.session_token)
    caller = CallerVerifier(write_keys(tmp_path, staff.signer)).verify(issued.assertion)
    assert (caller.principal_id, caller.agency_id, caller.roles, caller.acr, caller.issuer) == (
        person.principal_id,
        agency_id,
        frozenset({"agency_member"}),
        "pwd",
        "kem-access",
    )
    claims = jwt.decode(issued.assertion, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 300
    assert claims["cnf"] == {"x5t#S256": THUMBPRINT}
    assert timedelta(seconds=290) < issued.expire_time - datetime.now(UTC) <= timedelta(seconds=301)


async def test_a_session_that_is_used_goes_on_and_one_that_is_not_ends(staff: Staff) -> None:
    session = await staff.sign_in(await staff.member())
    for _ in range(3):
        staff.later(minutes=29)
        await staff.assertion(session.session_token)
    staff.later(minutes=30)
    with pytest.raises(SessionEnded):
        await staff.assertion(session.session_token)


async def test_a_page_that_stands_open_keeps_no_session_going(staff: Staff) -> None:
    session = await staff.sign_in(await staff.member())
    for _ in range(2):
        staff.later(minutes=14)
        await staff.assertion(session.session_token, by_itself=True)
    staff.later(minutes=2)
    for by_itself in (True, False):
        with pytest.raises(SessionEnded):
            await staff.assertion(session.session_token, by_itself=by_itself)


async def test_an_assertion_never_outlives_its_session(staff: Staff) -> None:
    session = await staff.sign_in(await staff.member())
    staff.files.execute("update access.session set end_time = clock_timestamp() + interval '40 seconds'")
    issued = await staff.assertion(session.session_token)
    claims = jwt.decode(issued.assertion, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] <= 40
    staff.later(seconds=40)
    with pytest.raises(SessionEnded):
        await staff.assertion(session.session_token)


async def test_signing_out_ends_one_session_or_all(staff: Staff) -> None:
    person = await staff.member()
    first, second, third = [await staff.sign_in(person) for _ in range(3)]
    await sign_out(first.session_token, everywhere=False, parts=staff.signing_in)
    await sign_out(first.session_token, everywhere=False, parts=staff.signing_in)
    with pytest.raises(SessionEnded):
        await staff.assertion(first.session_token)
    await staff.assertion(second.session_token)
    await sign_out(second.session_token, everywhere=True, parts=staff.signing_in)
    with pytest.raises(SessionEnded):
        await staff.assertion(third.session_token)
    assert staff.rows("select count(*) from access.device") == ["0"]
    ended = [(who, reason) for who, method, reason in staff.records() if method == "SignOut"]
    mine = (person.principal_id, "")
    assert ended == [mine, (Caller.of_service(SERVICE).principal_id, "SESSION_ENDED"), mine]


async def test_two_who_sign_the_same_person_out_everywhere_are_not_in_each_others_way(staff: Staff) -> None:
    person = await staff.member()
    held, *others = [await staff.sign_in(person) for _ in range(3)]

    def both_wait() -> bool:
        waiting = "select count(*) from pg_stat_activity where datname = current_database()"
        return staff.rows(f"{waiting} and wait_event_type = 'Lock'") == ["2"]

    async with staff.worker.transaction(staff.operator) as tx:
        await staff.signing_in.sessions.lock(tx, held.session_token)
        leaving = [
            asyncio.create_task(sign_out(one.session_token, everywhere=True, parts=staff.signing_in))
            for one in others
        ]
        await until(both_wait)
    await asyncio.gather(*leaving)
    assert staff.rows("select count(*) from access.session") == ["0"]


async def _keep(staff: Staff, tx: Transaction, what: str, person: Person) -> None:
    act = {"lock": lock_account, "unlock": unlock_account}
    if what == "close":
        await close_account(person.principal_id, staff.operator, tx, staff.keeping, staff.closed)
    elif what == "reset":
        one_time = await make_one_time(uuid4(), staff.operator, staff.keeping)
        await reset_credentials(person.principal_id, one_time, staff.operator, tx, staff.keeping)
    else:
        await act[what](person.principal_id, staff.operator, tx, staff.keeping)


@pytest.mark.parametrize("what", ["lock", "close", "reset"])
async def test_whoever_is_locked_closed_or_reset_is_out_at_once(staff: Staff, what: str) -> None:
    person = await staff.member()
    session = await staff.sign_in(person)
    async with staff.worker.transaction(staff.operator) as tx:
        await _keep(staff, tx, what, person)
    with pytest.raises(SessionEnded):
        await staff.assertion(session.session_token)
    with pytest.raises(SignInRefused):
        await staff.sign_in(person)
    if what == "lock":
        async with staff.worker.transaction(staff.operator) as tx:
            await _keep(staff, tx, "unlock", person)
        await staff.sign_in(person)


async def test_other_roles_hold_from_the_next_assertion_on(staff: Staff) -> None:
    person = await staff.member(Role.CASEWORKER)
    session = await staff.sign_in(person)
    async with staff.worker.transaction(staff.operator) as tx:
        await change_roles(person.principal_id, ["supervisor"], staff.operator, tx, staff.keeping)
    assert (await staff.assertion(session.session_token)).roles == {Role.SUPERVISOR}
    assert staff.facts(person)[-1] == "roles_changed"
