"""Keeping accounts: by operators and by agencies' admins, with row-level security behind the rules."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.errors import Conflict, Invalid, NotPermitted
from kernel.ids import AgencyId, PrincipalId, random_id
from kernel.vocabulary import Role
from services.access.domain.account import AccountNotFound, AccountState, LoginTaken
from services.access.use_cases.change_roles import change_roles
from services.access.use_cases.close_account import close_account
from services.access.use_cases.keep_accounts import make_one_time
from services.access.use_cases.keep_closed import keep_closed
from services.access.use_cases.link_identity import link_identity
from services.access.use_cases.lock_account import lock_account
from services.access.use_cases.open_account import open_account
from services.access.use_cases.reset_credentials import reset_credentials
from services.access.use_cases.unlink_identity import unlink_identity
from tests.integration.access.staff import ISSUER, Person, Staff, keeper

Change = Callable[[Staff, Person, Caller, Transaction], Awaitable[object]]


async def _reset(staff: Staff, person: Person, caller: Caller, tx: Transaction) -> object:
    one_time = await make_one_time(uuid4(), caller, staff.keeping)
    return await reset_credentials(person.principal_id, one_time, caller, tx, staff.keeping)


CHANGES: dict[str, Change] = {
    "roles": lambda staff, person, caller, tx: change_roles(
        person.principal_id, ["interpreter"], caller, tx, staff.keeping
    ),
    "lock": lambda staff, person, caller, tx: lock_account(person.principal_id, caller, tx, staff.keeping),
    "close": lambda staff, person, caller, tx: close_account(
        person.principal_id, caller, tx, staff.keeping, staff.closed
    ),
    "reset": _reset,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_an_agencys_admin_changes_the_own_agencys_accounts_and_no_others(
    staff: Staff, change: Change
) -> None:
    agency_id = AgencyId(random_id())
    admin = keeper(Role.AGENCY_ADMIN, agency_id)
    own = await staff.open(Role.AGENCY_MEMBER, agency_id=agency_id, caller=admin)
    others = [
        await staff.open(Role.AGENCY_MEMBER, agency_id=AgencyId(random_id())),
        await staff.open(Role.OPERATOR),
        Person(PrincipalId(random_id()), "", ""),
    ]
    async with staff.app.transaction(admin) as tx:
        await change(staff, own, admin, tx)
    for other in others:
        with pytest.raises(AccountNotFound):
            async with staff.app.transaction(admin) as tx:
                await change(staff, other, admin, tx)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_who_has_a_role_of_the_hub_is_out_of_reach_of_the_own_agencys_admin(
    staff: Staff, change: Change
) -> None:
    agency_id = AgencyId(random_id())
    admin = keeper(Role.AGENCY_ADMIN, agency_id)
    mighty = await staff.open(Role.AGENCY_MEMBER, Role.OPERATOR, agency_id=agency_id)
    with pytest.raises(NotPermitted):
        async with staff.app.transaction(admin) as tx:
            await change(staff, mighty, admin, tx)


async def test_an_agencys_admin_opens_accounts_at_the_own_agency_with_its_roles_only(staff: Staff) -> None:
    agency_id = AgencyId(random_id())
    admin = keeper(Role.AGENCY_ADMIN, agency_id)
    await staff.open(Role.AGENCY_ADMIN, agency_id=agency_id, caller=admin)
    for roles, where in (
        ((Role.DPO,), agency_id),
        ((Role.AGENCY_MEMBER,), AgencyId(random_id())),
        ((Role.AGENCY_MEMBER,), None),
    ):
        with pytest.raises(NotPermitted):
            await staff.open(*roles, agency_id=where, caller=admin)


async def test_the_database_shows_an_agencys_login_the_own_agency_and_no_hash(staff: Staff) -> None:
    agency_id = AgencyId(random_id())
    admin = keeper(Role.AGENCY_ADMIN, agency_id)
    await staff.member(Role.AGENCY_MEMBER, agency_id=AgencyId(random_id()))
    await staff.open(Role.AGENCY_MEMBER, agency_id=agency_id)
    async with staff.app.transaction(admin) as tx:
        for table in ("account", "identity"):
            found = await tx.connection.fetchval(f"select count(*) from {table}")
            assert found == (1 if table == "account" else 0)
        page = await staff.keeping.accounts.page(tx, 10)
        assert [listed.account.agency_id for listed in page] == [agency_id]
        moved = await tx.connection.execute("update credential set is_one_time = is_one_time")
        assert moved == "UPDATE 1"
    for hidden in ("password_hash from credential", "token_hash from session", "1 from sign_in_try"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with staff.app.transaction(admin) as tx:
                await tx.connection.fetch(f"select {hidden}")


async def test_an_identity_is_linked_by_the_hub_alone_and_unlinked_by_the_own_agencys_admin_too(
    staff: Staff,
) -> None:
    agency_id = AgencyId(random_id())
    admin = keeper(Role.AGENCY_ADMIN, agency_id)
    person = await staff.open(Role.AGENCY_MEMBER, agency_id=agency_id)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with staff.app.transaction(admin) as tx:
            await link_identity(person.principal_id, ISSUER, "s-1", admin, tx, staff.keeping)
    async with staff.worker.transaction(staff.operator) as tx:
        await link_identity(person.principal_id, ISSUER, "s-1", staff.operator, tx, staff.keeping)
    async with staff.app.transaction(admin) as tx:
        listed = await unlink_identity(person.principal_id, ISSUER, admin, tx, staff.keeping)
    assert listed.issuers == ()


async def test_a_login_is_somebodys_once_in_the_whole_hub(staff: Staff) -> None:
    taken = await staff.open(Role.CASEWORKER)
    admin = keeper(Role.AGENCY_ADMIN, AgencyId(random_id()))
    one_time = await make_one_time(uuid4(), admin, staff.keeping)
    with pytest.raises(LoginTaken):
        async with staff.app.transaction(admin) as tx:
            await open_account(
                AgencyId(admin.agency_id) if admin.agency_id else None,
                taken.login,
                "Somebody else",
                ["agency_member"],
                one_time,
                admin,
                tx,
                staff.keeping,
            )


async def test_the_same_request_makes_the_same_one_time_password_for_who_made_it_and_for_nobody_else(
    staff: Staff,
) -> None:
    request_id, somebody_else = uuid4(), keeper(Role.AGENCY_ADMIN, AgencyId(random_id()))
    asked = [(request_id, staff.operator)] * 2 + [(uuid4(), staff.operator), (request_id, somebody_else)]
    made = [(await make_one_time(one, caller, staff.keeping)).password for one, caller in asked]
    assert made[0] == made[1]
    assert len(set(made)) == 3, "an id of a request is no secret"
    assert len(made[0].replace("-", "")) == 16


async def test_an_identity_belongs_to_one_account_until_it_is_unlinked(staff: Staff) -> None:
    first, second = await staff.open(Role.CASEWORKER), await staff.open(Role.CASEWORKER)
    link = (ISSUER, "s-1", staff.operator)
    async with staff.worker.transaction(staff.operator) as tx:
        await link_identity(first.principal_id, *link, tx, staff.keeping)
    with pytest.raises(Conflict):
        async with staff.worker.transaction(staff.operator) as tx:
            await link_identity(second.principal_id, *link, tx, staff.keeping)
    async with staff.worker.transaction(staff.operator) as tx:
        await unlink_identity(first.principal_id, ISSUER, staff.operator, tx, staff.keeping)
        listed = await link_identity(second.principal_id, *link, tx, staff.keeping)
    assert listed.issuers == (ISSUER,)
    assert staff.facts(first) == ["account_opened", "identity_linked", "identity_unlinked"]


@pytest.mark.parametrize("issuer", [f"{ISSUER}/", "https://id.exemple", ""])
async def test_an_identity_that_no_provider_of_the_hub_could_vouch_for_is_not_linked(
    staff: Staff, issuer: str
) -> None:
    person = await staff.open(Role.CASEWORKER)
    with pytest.raises(Invalid, match=f"it knows: {ISSUER}") as refused:
        async with staff.worker.transaction(staff.operator) as tx:
            await link_identity(person.principal_id, issuer, "s-1", staff.operator, tx, staff.keeping)
    assert refused.value.stable_reason == "ISSUER_NOT_KNOWN"


async def test_nobody_is_closed_while_the_list_of_who_was_is_gone(staff: Staff) -> None:
    person = await staff.member()
    (staff.folder / "closed-accounts").unlink()
    with pytest.raises(FileNotFoundError):
        async with staff.worker.transaction(staff.operator) as tx:
            await close_account(person.principal_id, staff.operator, tx, staff.keeping, staff.closed)
    with pytest.raises(FileNotFoundError):
        await keep_closed(staff.worker, staff.keeping, staff.closed)
    await staff.sign_in(person)


async def test_a_backup_opens_no_account_again_that_was_closed_after_it(staff: Staff) -> None:
    person, other = await staff.member(), await staff.member()
    async with staff.worker.transaction(staff.operator) as tx:
        await close_account(person.principal_id, staff.operator, tx, staff.keeping, staff.closed)
    staff.files.execute(
        f"update access.account set state = 'ACTIVE', closed_time = null where login = '{person.login}'"
    )
    assert await keep_closed(staff.worker, staff.keeping, staff.closed) == 1
    assert await keep_closed(staff.worker, staff.keeping, staff.closed) == 0
    async with staff.worker.transaction(staff.operator) as tx:
        account = await staff.keeping.accounts.read(tx, person.principal_id)
    assert account.state is AccountState.CLOSED
    await staff.sign_in(other)


async def test_whoever_was_closed_before_there_was_a_list_is_written_down_at_a_start(staff: Staff) -> None:
    person, other = await staff.member(), await staff.member()
    async with staff.worker.transaction(staff.operator) as tx:
        await close_account(person.principal_id, staff.operator, tx, staff.keeping, staff.closed)
    (staff.folder / "closed-accounts").write_text("")
    for _ in range(2):
        assert await keep_closed(staff.worker, staff.keeping, staff.closed) == 0
        assert staff.closed.read() == [person.principal_id]
    await staff.sign_in(other)
