"""Each sign-in, refusal and change of somebody's rights is on record: a row for every RPC of access."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import pytest

from chassis.caller import SECOND_FACTOR, Caller
from kem.access.v1 import access_service_pb2 as messages
from kem.access.v1.access_events_pb2 import AccessEvent
from kernel.ids import random_id
from kernel.vocabulary import Role
from tests.component.staff.access_service import PASSWORD, Desk
from tests.support.refusals import refused

NOBODY = str(Caller.of_service("access").principal_id)
WRONG = "four wrong chairs"
MADE_UP = "made-up"


@dataclass(slots=True)
class Scene:
    """Who takes part: somebody with a password, and a keeper whom events know by their principal."""

    desk: Desk
    opened: messages.Account
    credentials: messages.Credentials
    session: messages.Session
    keeper: UUID = field(default_factory=random_id)
    role: Role = Role.OPERATOR

    @property
    def about(self) -> dict[str, str]:
        """The fields of a change of somebody's account."""
        return {"request_id": str(random_id()), "principal_id": self.opened.principal_id}

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        agency_id = random_id() if self.role is Role.AGENCY_ADMIN else None
        token = self.desk.hub.operator_signer.token(self.keeper, agency_id, [self.role], acr=SECOND_FACTOR)
        return (("authorization", f"Bearer {token}"),)

    def wrong(self) -> messages.Credentials:
        return messages.Credentials(login=self.credentials.login, password=WRONG)


Call = Callable[[Scene], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """What a call leaves on record.

    Args:
        done: a call that succeeds; None where there is nothing to succeed at without an identity provider.
        told: the fact, or "GRANTED"; empty where the call neither signs anybody in, nor shows whom the hub
            knows, nor changes what somebody may do.
        refused: a call that does not, and the reason on record.
        by_whom: of both, "person", "keeper" or "nobody", in this order.
    """

    done: Call | None
    told: str
    refused: Call | None
    reason: str
    by_whom: tuple[str, str] = ("person", "person")


def _sign_in(method: str, **fields: Any) -> Call:
    return lambda scene: getattr(scene.desk.sign_in, method)(
        getattr(messages, f"{method}Request")(
            **{name: value(scene) if callable(value) else value for name, value in fields.items()}
        )
    )


def _keep(method: str, **fields: Any) -> Call:
    return lambda scene: getattr(scene.desk.staff, method)(
        getattr(messages, f"{method}Request")(**scene.about | fields), metadata=scene.metadata
    )


def _as(role: Role, call: Call) -> Call:
    def act(scene: Scene) -> Awaitable[Any]:
        scene.role = role
        return call(scene)

    return act


def _open(login: Callable[[Scene], str]) -> Call:
    return lambda scene: scene.desk.staff.OpenAccount(
        messages.OpenAccountRequest(
            request_id=str(random_id()),
            login=login(scene),
            display_name="Sample Person",
            roles=["interpreter"],
        ),
        metadata=scene.metadata,
    )


def _asked(method: str) -> Call:
    return lambda scene: getattr(scene.desk.staff, method)(
        getattr(messages, f"{method}Request")(), metadata=scene.metadata
    )


def _states(scene: Scene) -> Awaitable[Any]:
    request = messages.BatchGetAccountStatesRequest(principal_ids=[scene.opened.principal_id])
    return scene.desk.staff.BatchGetAccountStates(request, metadata=scene.metadata)


def _named(scene: Scene) -> Awaitable[Any]:
    request = messages.NameStaffRequest(principal_ids=[scene.opened.principal_id])
    return scene.desk.staff.NameStaff(request, metadata=scene.metadata)


async def _opened_again(scene: Scene) -> None:
    await _keep("LockAccount")(scene)
    await _keep("UnlockAccount")(scene)


async def _enrolled(scene: Scene) -> None:
    await scene.desk.enrol(scene.credentials)


async def _closed_twice(scene: Scene) -> None:
    await _keep("CloseAccount")(scene)
    await _keep("CloseAccount")(scene)


_OWN: Final = {"credentials": lambda scene: scene.credentials}
_WRONG: Final = {"credentials": lambda scene: scene.wrong()}
_KEEPERS: Final = ("keeper", "keeper")

ROWS: Final = {
    "SignIn": Row(_sign_in("SignIn", **_OWN), "GRANTED", _sign_in("SignIn", **_WRONG), "SIGN_IN_REFUSED"),
    "ChangePassword": Row(
        _sign_in("ChangePassword", **_OWN, new_password="five blue tables"),
        "password_changed",
        _sign_in("ChangePassword", **_OWN, new_password="password"),
        "PASSWORD_TOO_WEAK",
    ),
    "BeginEnrolment": Row(
        _sign_in("BeginEnrolment", **_OWN), "GRANTED", _sign_in("BeginEnrolment", **_WRONG), "SIGN_IN_REFUSED"
    ),
    "ConfirmEnrolment": Row(
        _enrolled,
        "authenticator_enrolled",
        _sign_in("ConfirmEnrolment", **_OWN, new_code="000000"),
        "ENROLMENT_NOT_CONFIRMED",
    ),
    "ListProviders": Row(_sign_in("ListProviders"), "", None, ""),
    "BeginSignIn": Row(
        None,
        "",
        _sign_in("BeginSignIn", provider="nowhere", redirect_uri="https://hub.example"),
        "PROVIDER_NOT_FOUND",
        ("nobody", "nobody"),
    ),
    # whom it lets in is on record by tests/integration/access/test_providers.py
    "FinishSignIn": Row(
        None,
        "",
        _sign_in("FinishSignIn", state=MADE_UP, code=MADE_UP, browser_token=MADE_UP),
        "SIGN_IN_REFUSED",
        ("nobody", "nobody"),
    ),
    "IssueAssertion": Row(
        _sign_in("IssueAssertion", session_token=lambda scene: scene.session.session_token),
        "",
        _sign_in("IssueAssertion", session_token=MADE_UP),
        "SESSION_ENDED",
        ("person", "nobody"),
    ),
    # signing out of what has ended is no failure, and on record
    "SignOut": Row(
        _sign_in("SignOut", session_token=lambda scene: scene.session.session_token), "GRANTED", None, ""
    ),
    "OpenAccount": Row(
        _open(lambda scene: f"staff-{random_id().hex[:8]}"),
        "account_opened",
        _open(lambda scene: scene.opened.login),
        "LOGIN_TAKEN",
        _KEEPERS,
    ),
    "ChangeRoles": Row(
        _keep("ChangeRoles", roles=["interpreter"]),
        "roles_changed",
        _keep("ChangeRoles", roles=["emperor"]),
        "ROLE_NOT_KNOWN",
        _KEEPERS,
    ),
    "LockAccount": Row(
        _keep("LockAccount"),
        "account_locked",
        _as(Role.AGENCY_ADMIN, _keep("LockAccount")),
        "ACCOUNT_NOT_FOUND",
        _KEEPERS,
    ),
    "UnlockAccount": Row(
        _opened_again, "account_unlocked", _keep("UnlockAccount"), "ACCOUNT_STATE_FORBIDS", _KEEPERS
    ),
    "CloseAccount": Row(
        _keep("CloseAccount"), "account_closed", _closed_twice, "ACCOUNT_STATE_FORBIDS", _KEEPERS
    ),
    "ResetCredentials": Row(
        _keep("ResetCredentials"),
        "credentials_reset",
        _as(Role.AGENCY_ADMIN, _keep("ResetCredentials")),
        "ACCOUNT_NOT_FOUND",
        _KEEPERS,
    ),
    # whom it links is on record by tests/integration/access/test_providers.py
    "LinkIdentity": Row(
        None,
        "",
        _keep("LinkIdentity", issuer="https://none.example", subject="s"),
        "ISSUER_NOT_KNOWN",
        _KEEPERS,
    ),
    "UnlinkIdentity": Row(
        None,
        "",
        _as(Role.AGENCY_ADMIN, _keep("UnlinkIdentity", issuer="https://none.example")),
        "ACCOUNT_NOT_FOUND",
        _KEEPERS,
    ),
    "ListAccounts": Row(
        _asked("ListAccounts"), "GRANTED", _as(Role.DPO, _asked("ListAccounts")), "NOT_PERMITTED", _KEEPERS
    ),
    "NameStaff": Row(
        _as(Role.AUDITOR, _named),
        "GRANTED",
        _named,
        "NOT_PERMITTED",
        _KEEPERS,
    ),
    "ListColleagues": Row(
        _as(Role.AGENCY_ADMIN, _asked("ListColleagues")),
        "GRANTED",
        _as(Role.CASEWORKER, _asked("ListColleagues")),
        "NO_AGENCY",
        _KEEPERS,
    ),
    # who succeeds is a service: tests/component/staff/test_account_states.py
    "BatchGetAccountStates": Row(None, "", _states, "NOT_PERMITTED", _KEEPERS),
    # the table of roles is nobody's data
    "ListRoles": Row(_asked("ListRoles"), "", _as(Role.DPO, _asked("ListRoles")), "NOT_PERMITTED", _KEEPERS),
}


@pytest.fixture
async def scene(desk: Desk) -> Scene:
    opened = (await desk.open(Role.CASEWORKER)).account
    reset = messages.ResetCredentialsRequest(request_id=str(random_id()), principal_id=opened.principal_id)
    one_time = (await desk.staff.ResetCredentials(reset, metadata=desk.keeper())).one_time_password
    credentials = messages.Credentials(login=opened.login, password=one_time)
    await desk.sign_in.ChangePassword(
        messages.ChangePasswordRequest(credentials=credentials, new_password=PASSWORD)
    )
    credentials.password = PASSWORD
    return Scene(desk, opened, credentials, await desk.session(credentials))


def _told(scene: Scene) -> list[tuple[str, str, str]]:
    """Of each event: who acted, what it tells, and of an access its RPC and how it ended."""
    rows = scene.desk.hub.files.execute(
        "select encode(payload, 'hex') from (select event_id, payload from access.event_log union"
        " select event_id, payload from access.outbox) as told order by event_id"
    )
    found = []
    for row in rows.split():
        event = AccessEvent.FromString(bytes.fromhex(row))
        record = event.access_recorded
        what = str(event.WhichOneof("fact")) if record.method == "" else record.refusal_reason or "GRANTED"
        found.append((event.actor.id, record.method.rpartition("/")[2], what))
    return found


def _whom(scene: Scene, name: str) -> str:
    return {"person": scene.opened.principal_id, "keeper": str(scene.keeper), "nobody": NOBODY}[name]


def test_every_rpc_of_access_has_its_row() -> None:
    services = messages.DESCRIPTOR.services_by_name.values()
    assert set(ROWS) == {method.name for service in services for method in service.methods}


@pytest.mark.parametrize("method", [name for name, row in ROWS.items() if row.done])
async def test_what_succeeds_is_on_record_where_it_lets_in_shows_or_changes(
    scene: Scene, method: str
) -> None:
    row, before = ROWS[method], len(_told(scene))
    assert row.done is not None
    await row.done(scene)
    added = _told(scene)[before:]
    if row.told:
        recorded = method if row.told == "GRANTED" else ""
        assert (_whom(scene, row.by_whom[0]), recorded, row.told) in added
    else:
        assert added == []


@pytest.mark.parametrize("method", [name for name, row in ROWS.items() if row.refused])
async def test_what_is_refused_is_on_record_once(scene: Scene, method: str) -> None:
    row, before = ROWS[method], _told(scene)
    assert row.refused is not None
    with refused() as refusal:
        await row.refused(scene)
    assert refusal.reason == row.reason
    record = (_whom(scene, row.by_whom[1]), method, row.reason)
    assert _told(scene).count(record) == before.count(record) + 1


async def test_a_session_that_is_shown_again_after_it_was_ended_is_on_record(scene: Scene) -> None:
    before = _told(scene)
    for _ in range(2):
        await _sign_in("SignOut", session_token=scene.session.session_token)(scene)
    record = (NOBODY, "SignOut", "SESSION_ENDED")
    assert _told(scene).count(record) == before.count(record) + 1
