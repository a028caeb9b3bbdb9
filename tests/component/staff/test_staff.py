"""Staff through the real doors: opened, signed in, vouched for, closed."""

import json
from uuid import UUID

import grpc
import jwt
import pytest

from chassis.caller import CallerVerifier
from chassis.tls import secure_channel
from kem.access.v1 import access_service_pb2 as messages
from kem.access.v1.access_events_pb2 import AccessEvent
from kernel.ids import random_id
from kernel.vocabulary import Role
from tests.component.staff.access_service import PASSWORD, Desk
from tests.support.hub_certificates import service_files, tools_files
from tests.support.refusals import refused


async def test_somebody_is_opened_changes_the_password_signs_in_and_is_vouched_for(desk: Desk) -> None:
    agency_id = random_id()
    credentials = await desk.member(Role.AGENCY_MEMBER, agency_id=agency_id)
    session = await desk.session(credentials)
    issued = await desk.assertion(session)
    caller = CallerVerifier(desk.hub.folder / "assertion-keys.json").verify(issued.assertion)
    assert (caller.agency_id, caller.roles, caller.acr) == (agency_id, frozenset({"agency_member"}), "pwd")
    assert str(caller.principal_id) == issued.principal_id
    own = tools_files().read_certificate().thumbprint
    assert caller.certificate_thumbprint == own, "it counts over the certificate of whoever asked"


async def test_an_assertion_is_worth_nothing_over_another_certificate_than_the_one_it_was_asked_for_over(
    desk: Desk,
) -> None:
    session = await desk.enrol(await desk.member(Role.AGENCY_ADMIN, agency_id=random_id()))
    metadata = (("authorization", f"Bearer {(await desk.assertion(session)).assertion}"),)
    assert (await desk.staff.ListRoles(messages.ListRolesRequest(), metadata=metadata)).roles
    async with secure_channel(desk.hub.address, "access", service_files("console")) as channel:
        with refused() as refusal:
            await Desk(desk.hub, channel).staff.ListRoles(messages.ListRolesRequest(), metadata=metadata)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CERTIFICATE_MISMATCH")


async def test_an_agencys_admin_who_has_signed_in_keeps_the_own_agencys_staff(desk: Desk) -> None:
    agency_id = random_id()
    session = await desk.enrol(await desk.member(Role.AGENCY_ADMIN, agency_id=agency_id))
    metadata = (("authorization", f"Bearer {(await desk.assertion(session)).assertion}"),)
    opened = await desk.open(Role.AGENCY_MEMBER, agency_id=agency_id, metadata=metadata)
    await desk.open(Role.AGENCY_MEMBER, agency_id=random_id())
    page = await desk.staff.ListAccounts(messages.ListAccountsRequest(), metadata=metadata)
    assert {account.agency_id for account in page.accounts} == {str(agency_id)}
    assert opened.account.login in {account.login for account in page.accounts}
    for roles, where in (([Role.DPO], agency_id), ([Role.AGENCY_MEMBER], random_id())):
        with refused() as refusal:
            await desk.open(*roles, agency_id=where, metadata=metadata)
        assert refusal.code is grpc.StatusCode.PERMISSION_DENIED


async def test_a_one_time_password_must_be_changed_first(desk: Desk) -> None:
    opened = await desk.open(Role.CASEWORKER)
    credentials = messages.Credentials(login=opened.account.login, password=opened.one_time_password)
    with refused() as refusal:
        await desk.session(credentials)
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "PASSWORD_MUST_BE_CHANGED",
    )


async def test_a_repeated_request_opens_one_account_and_shows_the_same_password_which_nobody_has_kept(
    desk: Desk,
) -> None:
    request = messages.OpenAccountRequest(
        request_id=str(random_id()),
        login=f"staff-{random_id().hex[:8]}",
        display_name="Sample Person",
        roles=["caseworker"],
    )
    metadata = desk.keeper()
    first = await desk.staff.OpenAccount(request, metadata=metadata)
    assert await desk.staff.OpenAccount(request, metadata=metadata) == first
    kept = desk.hub.files.execute("select convert_from(response, 'latin1') from access.request")
    assert first.account.login in kept
    assert first.one_time_password not in kept


async def test_an_auditor_needs_a_second_factor(desk: Desk) -> None:
    credentials = await desk.member(Role.AUDITOR)
    weak = await desk.session(credentials)
    assert list(weak.withheld_roles) == ["auditor"]
    with refused() as refusal:
        await desk.assertion(weak)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SECOND_FACTOR_NEEDED")
    assert list((await desk.assertion(await desk.enrol(credentials))).roles) == ["auditor"]
    assert (await desk.session(credentials)).acr == "mfa"
    with refused() as refusal:
        await desk.session(credentials)
    assert refusal.reason == "SIGN_IN_REFUSED"


async def test_an_unknown_login_and_a_wrong_password_are_told_apart_nowhere(desk: Desk) -> None:
    known = await desk.member(Role.CASEWORKER)
    answers = []
    for login in (known.login, "nobody-of-ours"):
        with refused() as refusal:
            await desk.session(messages.Credentials(login=login, password="a wrong password"))
        answers.append((refusal.code, refusal.reason, refusal.message, refusal.metadata))
    assert answers[0] == answers[1]
    assert answers[0][0] is grpc.StatusCode.UNAUTHENTICATED


async def test_whoever_is_closed_is_out_at_once_and_for_ever(desk: Desk) -> None:
    credentials = await desk.member(Role.CASEWORKER)
    session = await desk.session(credentials)
    principal_id = (await desk.assertion(session)).principal_id
    request = messages.CloseAccountRequest(request_id=str(random_id()), principal_id=principal_id)
    closed = await desk.staff.CloseAccount(request, metadata=desk.keeper())
    assert closed.account.state == messages.ACCOUNT_STATE_CLOSED
    with refused() as refusal:
        await desk.assertion(session)
    assert refusal.reason == "SESSION_ENDED"
    with refused() as refusal:
        await desk.session(credentials)
    assert refusal.reason == "SIGN_IN_REFUSED"
    assert principal_id in (desk.hub.folder / "closed-accounts").read_text()


async def test_a_session_is_left_by_signing_out(desk: Desk) -> None:
    session = await desk.session(await desk.member(Role.CASEWORKER))
    await desk.sign_in.SignOut(messages.SignOutRequest(session_token=session.session_token))
    with refused() as refusal:
        await desk.assertion(session)
    assert refusal.code is grpc.StatusCode.UNAUTHENTICATED


async def test_accounts_are_listed_page_by_page_and_found_by_login(desk: Desk) -> None:
    agency_id = str(random_id())
    made = [await desk.open(Role.AGENCY_MEMBER, agency_id=UUID(agency_id)) for _ in range(3)]
    seen: list[str] = []
    token = ""
    while True:
        page = await desk.staff.ListAccounts(
            messages.ListAccountsRequest(agency_id=agency_id, page_size=2, page_token=token),
            metadata=desk.keeper(),
        )
        seen += [account.login for account in page.accounts]
        token = page.next_page_token
        if not token:
            break
    assert sorted(seen) == sorted(one.account.login for one in made)
    found = await desk.staff.ListAccounts(
        messages.ListAccountsRequest(login=seen[0].upper()), metadata=desk.keeper()
    )
    assert [account.login for account in found.accounts] == [seen[0]]
    one = made[0].account
    admin = desk.keeper(Role.AGENCY_ADMIN, UUID(agency_id))
    stranger = desk.keeper(Role.AGENCY_ADMIN, random_id())
    for keeper, shown in ((admin, [one.login]), (stranger, [])):
        found = await desk.staff.ListAccounts(
            messages.ListAccountsRequest(principal_id=one.principal_id), metadata=keeper
        )
        assert [account.login for account in found.accounts] == shown


async def test_whoever_reads_names_of_staff_is_on_record(desk: Desk) -> None:
    opened, keeper = await desk.open(Role.CASEWORKER), desk.keeper()
    await desk.staff.ListAccounts(messages.ListAccountsRequest(login=opened.account.login), metadata=keeper)
    told = desk.hub.files.execute(
        "select encode(payload, 'hex') from access.event_log union all"
        " select encode(payload, 'hex') from access.outbox"
    )
    events = [AccessEvent.FromString(bytes.fromhex(row)) for row in told.split()]
    reads = [
        (event.actor.id, list(event.access_recorded.subject_ids))
        for event in events
        if event.access_recorded.method == "/kem.access.v1.StaffService/ListAccounts"
    ]
    token = keeper[0][1].removeprefix("Bearer ")
    caller = jwt.decode(token, options={"verify_signature": False})["sub"]
    assert (caller, [opened.account.principal_id]) in reads


async def test_nobody_gets_the_one_time_password_of_another_account_by_its_requests_id(desk: Desk) -> None:
    agency_id, request_id = random_id(), str(random_id())
    request = messages.OpenAccountRequest(
        request_id=request_id,
        login=f"staff-{random_id().hex[:8]}",
        display_name="Sample Person",
        roles=["dpo"],
    )
    first = await desk.staff.OpenAccount(request, metadata=desk.keeper())
    request.login, request.agency_id = f"staff-{random_id().hex[:8]}", str(agency_id)
    request.roles[:] = ["agency_member"]
    second = await desk.staff.OpenAccount(request, metadata=desk.keeper(Role.AGENCY_ADMIN, agency_id))
    assert second.one_time_password != first.one_time_password


@pytest.mark.parametrize("name", ["a\0b", "a\nb"])
async def test_names_that_no_database_holds_are_refused_by_the_field(desk: Desk, name: str) -> None:
    opened, keeper = await desk.open(Role.CASEWORKER), desk.keeper()
    about = {"request_id": str(random_id()), "principal_id": opened.account.principal_id}
    for call in (
        desk.staff.OpenAccount(
            messages.OpenAccountRequest(
                request_id=str(random_id()), login="sample.person", display_name=name, roles=["caseworker"]
            ),
            metadata=keeper,
        ),
        desk.staff.ListAccounts(messages.ListAccountsRequest(login=name), metadata=keeper),
        desk.staff.LinkIdentity(
            messages.LinkIdentityRequest(**about, issuer="https://id.example", subject=name), metadata=keeper
        ),
        desk.staff.UnlinkIdentity(messages.UnlinkIdentityRequest(**about, issuer=name), metadata=keeper),
    ):
        with refused() as refusal:
            await call
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_the_table_of_roles_is_read_by_those_who_give_them(desk: Desk) -> None:
    answer = await desk.staff.ListRoles(messages.ListRolesRequest(), metadata=desk.keeper())
    assert {row.role for row in answer.roles} == set(Role) - {Role.SERVICE}
    assert {row.role for row in answer.roles if row.needs_second_factor} == {
        *("auditor", "dpo", "operator", "agency_admin")
    }


async def test_another_agencys_account_is_as_unknown_as_none(desk: Desk) -> None:
    admin = desk.keeper(Role.AGENCY_ADMIN, random_id())
    other = (await desk.open(Role.AGENCY_MEMBER, agency_id=random_id())).account.principal_id
    for name, more in (
        ("LockAccount", {}),
        ("UnlockAccount", {}),
        ("CloseAccount", {}),
        ("ResetCredentials", {}),
        ("ChangeRoles", {"roles": ["interpreter"]}),
        ("UnlinkIdentity", {"issuer": "https://id.example"}),
    ):
        answers = []
        for principal_id in (other, str(random_id())):
            request = getattr(messages, f"{name}Request")(
                request_id=str(random_id()), principal_id=principal_id, **more
            )
            with refused() as refusal:
                await getattr(desk.staff, name)(request, metadata=admin)
            answers.append((refusal.code, refusal.reason, refusal.message))
        assert answers[0] == answers[1] == (grpc.StatusCode.NOT_FOUND, "ACCOUNT_NOT_FOUND", answers[0][2])


async def test_an_agencys_admin_links_nobody_and_does_not_learn_who_is_linked(desk: Desk) -> None:
    agency_id = random_id()
    own = (await desk.open(Role.AGENCY_MEMBER, agency_id=agency_id)).account.principal_id
    request = messages.LinkIdentityRequest(
        request_id=str(random_id()), principal_id=own, issuer="https://id.example", subject="s"
    )
    with refused() as refusal:
        await desk.staff.LinkIdentity(request, metadata=desk.keeper(Role.AGENCY_ADMIN, agency_id))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED")


async def test_no_name_no_login_and_no_secret_is_in_the_log_or_in_an_event(desk: Desk) -> None:
    credentials = await desk.member(Role.CASEWORKER)
    session = await desk.session(credentials)
    with refused():
        await desk.session(messages.Credentials(login=credentials.login, password="a wrong password"))
    told = desk.hub.files.execute(
        "select convert_from(payload, 'latin1') from access.event_log union all"
        " select convert_from(payload, 'latin1') from access.outbox"
    )
    assert "/kem.access.v1.SignInService/SignIn" in told
    log = desk.hub.log.read_text()
    assert json.loads(log.splitlines()[0])["service"] == "access"
    for secret in (credentials.login, PASSWORD, "Sample Person", session.session_token, "a wrong password"):
        assert secret not in told
        assert secret not in log


async def test_an_auditor_learns_who_somebody_of_whichever_agency_is_closed_or_not(desk: Desk) -> None:
    agency_id = random_id()
    opened = await desk.open(Role.AGENCY_MEMBER, agency_id=agency_id)
    gone = await desk.open(Role.CASEWORKER)
    close = messages.CloseAccountRequest(request_id=str(random_id()), principal_id=gone.account.principal_id)
    await desk.staff.CloseAccount(close, metadata=desk.keeper())
    ids = [opened.account.principal_id, gone.account.principal_id, str(random_id())]
    token = desk.hub.operator_signer.token(random_id(), None, [Role.AUDITOR], acr="mfa")
    named = await desk.staff.NameStaff(
        messages.NameStaffRequest(principal_ids=ids), metadata=(("authorization", f"Bearer {token}"),)
    )
    assert {one.principal_id: (one.display_name, one.state) for one in named.staff} == {
        ids[0]: ("Sample Person", messages.ACCOUNT_STATE_ACTIVE),
        ids[1]: ("Sample Person", messages.ACCOUNT_STATE_CLOSED),
    }
    assert {one.agency_id for one in named.staff} == {str(agency_id), ""}
