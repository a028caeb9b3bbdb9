"""What is over is deleted, what a stranger makes stays little, and no table is read whole for it."""

from datetime import UTC, datetime, timedelta

import pytest

from services.access.adapters import postgres_accounts, postgres_sessions, postgres_sign_in_tries
from services.access.domain.sign_in_tries import FREE_TRIES, TooManyTries
from services.access.use_cases.authenticate import Offered, SignInRefused
from services.access.use_cases.close_account import close_account
from services.access.use_cases.forget_old_rows import forget_old_rows
from services.access.use_cases.sign_in import sign_in
from tests.integration.access.staff import Staff

WRONG = "four wrong chairs"


async def _forget(staff: Staff, days: int = 90) -> None:
    """As the timer does: until there is nothing left to do."""
    parts, done = staff.signing_in, 1
    while done:
        async with staff.worker.transaction(staff.operator) as tx:
            done = await forget_old_rows(
                tx, parts.accounts, parts.sessions, parts.tries, timedelta(days=days)
            )


def _count(staff: Staff, what: str) -> int:
    return int(staff.files.execute(f"select count(*) from access.{what}"))


async def test_what_is_over_is_deleted_and_what_is_not_stays(staff: Staff) -> None:
    person = await staff.member()
    kept = await staff.sign_in(person)
    gone = await staff.member()
    async with staff.worker.transaction(staff.operator) as tx:
        await close_account(gone.principal_id, staff.operator, tx, staff.keeping, staff.closed)
    staff.later(hours=12)
    fresh = await staff.sign_in(person, device_token=kept.device_token)
    await _forget(staff)
    assert _count(staff, "session") == 1
    assert staff.rows(f"select login from access.account where login = '{gone.login}'") == [gone.login]
    await staff.assertion(fresh.session_token)
    staff.later(days=90)
    await _forget(staff)
    assert _count(staff, "account where login is null and display_name = ''") == 1
    assert staff.rows("select login from access.account where state = 'ACTIVE'") == [person.login]


async def test_of_tries_those_that_delay_somebody_are_remembered_for_a_day_and_others_for_an_hour(
    staff: Staff,
) -> None:
    for login, tries in (("guessed-at", FREE_TRIES), ("mistyped", FREE_TRIES - 1)):
        for _ in range(tries):
            with pytest.raises(SignInRefused):
                await sign_in(Offered(login, WRONG), staff.signing_in)
    staff.later(minutes=59)
    await _forget(staff)
    assert _count(staff, "sign_in_try") == 2
    staff.later(minutes=1)
    await _forget(staff)
    assert _count(staff, "sign_in_try") == 1
    with pytest.raises(SignInRefused):
        await sign_in(Offered("guessed-at", WRONG), staff.signing_in)
    with pytest.raises(TooManyTries):
        await sign_in(Offered("guessed-at", WRONG), staff.signing_in)
    staff.later(hours=24)
    await _forget(staff)
    assert _count(staff, "sign_in_try") == 0


NOW = datetime(2026, 5, 1, tzinfo=UTC)
FORGETS: dict[str, tuple[str, list[object], list[str]]] = {
    "sessions, devices and sign-ins under way": (
        postgres_sessions._FORGET,
        [NOW, NOW, 1000],
        ["session_by_end", "device_by_use", "provider_sign_in_by_time"],
    ),
    "tries": (postgres_sign_in_tries._FORGET, [NOW, FREE_TRIES, NOW], ["sign_in_try_by_time"]),
    "names": (postgres_accounts._FORGET_NAMES, [NOW], ["account_to_forget"]),
}


@pytest.mark.parametrize(("statement", "arguments", "indexes"), FORGETS.values(), ids=FORGETS)
async def test_no_table_is_read_whole_to_find_what_is_over(
    staff: Staff, statement: str, arguments: list[object], indexes: list[str]
) -> None:
    async with staff.worker.transaction(staff.operator) as tx:
        await tx.connection.execute("set local enable_seqscan = off")  # the tables are small in a test
        rows = await tx.connection.fetch(f"explain {statement}", *arguments)
    plan = "\n".join(row[0] for row in rows)
    assert [index for index in indexes if index not in plan] == [], plan
    assert "Seq Scan" not in plan, plan
