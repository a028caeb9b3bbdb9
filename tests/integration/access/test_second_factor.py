"""Authenticators: enrolled by a code, each code good once, and needed by those who see the most."""

import asyncio

import jwt
import pytest

from kernel.vocabulary import Role
from services.access.adapters.postgres_credentials import PostgresCredentials
from services.access.adapters.sign_in_key import SignInKey
from services.access.use_cases.authenticate import SignInRefused
from services.access.use_cases.begin_enrolment import begin_enrolment
from services.access.use_cases.confirm_enrolment import EnrolmentNotConfirmed, confirm_enrolment
from services.access.use_cases.issue_assertion import SecondFactorNeeded
from services.access.use_cases.sign_in import PasswordMustBeChanged
from tests.integration.access.staff import Person, Staff, a_step_lasts, secret_in
from tests.integration.chassis.waiting import until


async def test_enrolling_shows_the_secret_once_and_counts_from_the_first_code_on(staff: Staff) -> None:
    person = await staff.member()
    before = await staff.sign_in(person)
    session = await staff.enrol(person)
    assert session.acr == "mfa"
    assert (await staff.assertion(session.session_token)).acr == "mfa"
    with pytest.raises(SignInRefused):
        await staff.sign_in(person)
    assert (await staff.sign_in_by_code(person)).acr == "mfa"
    assert "authenticator_enrolled" in staff.facts(person)
    assert staff.rows("select count(*) from access.session where session_id is not null and acr = 'pwd'") == [
        "0"
    ]
    assert before.acr == "pwd"


async def test_a_secret_that_has_shown_no_code_changes_nothing(staff: Staff) -> None:
    person = await staff.member()
    await begin_enrolment(person.offers(), staff.signing_in)
    with pytest.raises(EnrolmentNotConfirmed):
        await confirm_enrolment(person.offers(), "000000", staff.signing_in)
    assert (await staff.sign_in(person)).acr == "pwd"


async def test_nobody_enrols_by_a_one_time_password(staff: Staff) -> None:
    person = await staff.open(Role.AUDITOR)
    with pytest.raises(PasswordMustBeChanged):
        await begin_enrolment(person.offers(), staff.signing_in)


async def test_another_authenticator_is_enrolled_by_the_code_of_the_present_one(staff: Staff) -> None:
    person = await staff.member()
    await staff.enrol(person)
    with pytest.raises(SignInRefused):
        await begin_enrolment(person.offers(), staff.signing_in)
    former = Person(person.principal_id, person.login, person.password, person.secret)
    used = former.code()
    person.secret = secret_in(await begin_enrolment(person.offers(code=used), staff.signing_in))
    for code in ("", used):
        with pytest.raises(SignInRefused):
            await confirm_enrolment(person.offers(code=code), person.code(-1), staff.signing_in)
    await until(a_step_lasts)
    await confirm_enrolment(person.offers(code=former.code(1)), person.code(-1), staff.signing_in)
    assert (await staff.sign_in_by_code(person)).acr == "mfa"


async def test_a_code_is_good_once_even_for_two_at_the_same_moment(staff: Staff) -> None:
    person = await staff.member()
    await staff.enrol(person)
    code = person.code()

    def all_wait() -> bool:
        waiting = "select count(*) from pg_stat_activity where datname = current_database()"
        return staff.rows(f"{waiting} and wait_event_type = 'Lock'") == ["3"]

    async with staff.worker.transaction(staff.operator) as tx:
        held = "select from credential where principal_id = $1 for update"
        await tx.connection.execute(held, person.principal_id)
        tries = [asyncio.create_task(staff.sign_in(person, code=code)) for _ in range(3)]
        await until(all_wait)
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(one) for one in outcomes].count(SignInRefused) == 2
    with pytest.raises(SignInRefused):
        await staff.sign_in(person, code=code)
    assert (await staff.sign_in(person, code=person.code(1))).acr == "mfa"


async def test_a_session_without_it_speaks_for_no_role_that_needs_it(staff: Staff) -> None:
    person = await staff.member(Role.CASEWORKER, Role.AUDITOR)
    session = await staff.sign_in(person)
    assert session.withheld_roles == {Role.AUDITOR}
    weak = await staff.assertion(session.session_token)
    claims = jwt.decode(weak.assertion, options={"verify_signature": False})
    assert (claims["roles"], claims["acr"]) == (["caseworker"], "pwd")
    strong = await staff.assertion((await staff.enrol(person)).session_token)
    claims = jwt.decode(strong.assertion, options={"verify_signature": False})
    assert (claims["roles"], claims["acr"]) == (["auditor", "caseworker"], "mfa")


@pytest.mark.parametrize("role", [Role.DPO, Role.OPERATOR, Role.AGENCY_ADMIN])
async def test_whoever_has_only_such_roles_gets_no_assertion_without_it_and_that_is_on_record(
    staff: Staff, role: Role
) -> None:
    person = await staff.member(role)
    session = await staff.sign_in(person)
    with pytest.raises(SecondFactorNeeded):
        await staff.assertion(session.session_token)
    assert staff.records()[-1] == (person.principal_id, "IssueAssertion", "SECOND_FACTOR_NEEDED")


async def test_a_secret_that_another_key_has_sealed_lets_nobody_in(staff: Staff) -> None:
    person = await staff.member()
    await staff.enrol(person)
    parts = staff.signing_in
    object.__setattr__(parts, "credentials", PostgresCredentials(SignInKey(b"\x01" * 32)))
    for code in ("", person.code()):
        with pytest.raises(SignInRefused):
            await staff.sign_in(person, code=code)
