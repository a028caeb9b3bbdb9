"""Between messages and what the use cases know."""

from datetime import datetime
from typing import Any
from uuid import UUID

from kem.access.v1 import access_service_pb2 as messages
from kernel.errors import Invalid
from kernel.ids import PrincipalId
from services.access.adapters.postgres_accounts import ListedAccount
from services.access.domain.account import Account
from services.access.domain.roles import ROLES
from services.access.use_cases.authenticate import Offered
from services.access.use_cases.begin_session import NewSession


def offered(credentials: messages.Credentials) -> Offered:
    """What somebody offers."""
    return Offered(credentials.login, credentials.password, credentials.code, credentials.device_token)


def session_message(session: NewSession) -> messages.Session:
    """A session that has begun."""
    message = messages.Session(
        session_token=session.session_token,
        device_token=session.device_token,
        acr=session.acr,
        withheld_roles=sorted(session.withheld_roles),
        login=session.login,
        display_name=session.display_name,
    )
    set_time(message.end_time, session.end_time)
    return message


def account_message(listed: ListedAccount) -> messages.Account:
    """An account for those who keep it."""
    account = listed.account
    message = messages.Account(
        principal_id=str(account.principal_id),
        agency_id=str(account.agency_id) if account.agency_id else None,
        login=account.login,
        display_name=account.display_name,
        roles=sorted(account.roles),
        state=messages.AccountState.Value(f"ACCOUNT_STATE_{account.state}"),
        has_authenticator=listed.has_authenticator,
        must_change_password=listed.must_change_password,
        issuers=listed.issuers,
    )
    set_time(message.opened_time, account.opened_time)
    return message


def named_message(account: Account) -> messages.NamedStaff:
    """An account by its person's name."""
    return messages.NamedStaff(
        principal_id=str(account.principal_id),
        agency_id=str(account.agency_id) if account.agency_id else None,
        display_name=account.display_name,
        roles=sorted(account.roles),
        state=messages.AccountState.Value(f"ACCOUNT_STATE_{account.state}"),
    )


def state_message(account: Account) -> messages.KnownAccountState:
    """Whether an account may be used, and for what."""
    return messages.KnownAccountState(
        principal_id=str(account.principal_id),
        state=messages.AccountState.Value(f"ACCOUNT_STATE_{account.state}"),
        roles=sorted(account.roles),
    )


def role_messages() -> list[messages.RoleDescription]:
    """The table of roles."""
    return [
        messages.RoleDescription(
            role=role,
            name_el=row.name_el,
            name_en=row.name_en,
            may=row.may,
            given_by_agencies=row.is_of_agency,
            needs_second_factor=row.needs_second_factor,
        )
        for role, row in ROLES.items()
    ]


def after(token: str) -> PrincipalId | None:
    """Where a page begins.

    Raises:
        Invalid: PAGE_TOKEN_NOT_VALID.
    """
    try:
        return PrincipalId(UUID(token)) if token else None
    except ValueError:
        raise Invalid("That is no page token of this list.", reason="PAGE_TOKEN_NOT_VALID") from None


def set_time(stamp: Any, instant: datetime) -> None:
    """Fills a timestamp with an instant in UTC."""
    stamp.FromDatetime(instant)
