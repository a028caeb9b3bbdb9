"""An account of a member of staff: who they are to the hub, what they may do, whether they may sign in."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from kernel.ids import AgencyId, PrincipalId
from kernel.names import check_name
from kernel.vocabulary import Role

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,98}[a-z0-9]")


class AccountState(StrEnum):
    """Whether an account may be used."""

    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"
    CLOSED = "CLOSED"


class AccountNotFound(NotFound):
    """No such account, or one that the caller does not keep: the two are told apart nowhere."""

    reason = "ACCOUNT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such account among those that you keep.")


class LoginTaken(Conflict):
    """Somebody has this login."""

    reason = "LOGIN_TAKEN"

    def __init__(self) -> None:
        super().__init__("Somebody has this login already; choose another one.")


class AccountStateForbids(RuleBroken):
    """The account's state does not allow it: a closed one stays closed."""

    reason = "ACCOUNT_STATE_FORBIDS"

    def __init__(self, state: AccountState) -> None:
        super().__init__(f"The account is {state.value.lower()}, which does not allow this.", state=state)


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """What happened to an account, never to whom by name; `version` counts its events without gaps."""

    principal_id: PrincipalId
    agency_id: AgencyId | None
    roles: frozenset[Role]
    version: int


class AccountOpened(AccountEvent):
    """It was opened."""


class AccountLocked(AccountEvent):
    """It may not be used for now."""


class AccountUnlocked(AccountEvent):
    """It may be used again."""


class AccountClosed(AccountEvent):
    """It was closed for ever."""


class CredentialsReset(AccountEvent):
    """It got a one-time password and lost its authenticator."""


class PasswordChanged(AccountEvent):
    """Its person changed the password."""


class AuthenticatorEnrolled(AccountEvent):
    """Its person enrolled an authenticator."""


class IdentityLinked(AccountEvent):
    """It may be used through an identity provider."""


class IdentityUnlinked(AccountEvent):
    """And may no longer."""


@dataclass(frozen=True, slots=True)
class RolesChanged(AccountEvent):
    """It has other roles."""

    former_roles: frozenset[Role]


_E = TypeVar("_E", bound=AccountEvent)


@dataclass(slots=True)
class Account:
    """One account.

    Args:
        agency_id: None for staff of the hub itself.
        login, display_name: personal data, which never leaves schema access but to those who keep accounts
            and whose it is.
        version: how many events there have been about it.
    """

    principal_id: PrincipalId
    agency_id: AgencyId | None
    login: str
    display_name: str
    roles: frozenset[Role]
    opened_time: datetime
    state: AccountState = AccountState.ACTIVE
    version: int = 0

    def open(self) -> AccountOpened:
        """The first fact about it."""
        return self._event(AccountOpened)

    def change_roles(self, roles: frozenset[Role]) -> RolesChanged:
        """Gives it exactly these."""
        self._require(AccountState.ACTIVE, AccountState.LOCKED)
        former, self.roles = self.roles, roles
        self.version += 1
        return RolesChanged(self.principal_id, self.agency_id, roles, self.version, former)

    def lock(self) -> AccountLocked:
        """Until it is unlocked."""
        self._require(AccountState.ACTIVE)
        self.state = AccountState.LOCKED
        return self._event(AccountLocked)

    def unlock(self) -> AccountUnlocked:
        """Ends a lock."""
        self._require(AccountState.LOCKED)
        self.state = AccountState.ACTIVE
        return self._event(AccountUnlocked)

    def close(self) -> AccountClosed:
        """For ever."""
        self._require(AccountState.ACTIVE, AccountState.LOCKED)
        self.state = AccountState.CLOSED
        return self._event(AccountClosed)

    def tell(self, fact: type[_E]) -> _E:
        """A fact that leaves the account itself as it is; for one that is not closed."""
        self._require(AccountState.ACTIVE, AccountState.LOCKED)
        return self._event(fact)

    def _event(self, fact: type[_E]) -> _E:
        self.version += 1
        return fact(self.principal_id, self.agency_id, self.roles, self.version)

    def _require(self, *states: AccountState) -> None:
        if self.state not in states:
            raise AccountStateForbids(self.state)


def plain_login(text: str) -> str:
    """A login as it is kept: without case and outer blanks. Never fails: what is none stays none."""
    return text.strip().lower()


def is_login(text: str) -> bool:
    """Whether anybody could have this login."""
    return _LOGIN.fullmatch(text) is not None


def new_display_name(text: str) -> str:
    """What a member of staff is called, for a new account.

    Raises:
        Invalid: DISPLAY_NAME_MISSING, NAME_NOT_PLAIN.
    """
    name = text.strip()
    if not name:
        raise Invalid("Say what the person is called.", reason="DISPLAY_NAME_MISSING")
    check_name("display_name", name)
    return name


def new_login(text: str) -> str:
    """A login for a new account.

    Raises:
        Invalid: LOGIN_NOT_VALID.
    """
    login = plain_login(text)
    if not is_login(login):
        raise Invalid(
            "A login has 3 to 100 small Latin letters, digits, dots, hyphens, underscores or @, and begins"
            " and ends with a letter or digit.",
            reason="LOGIN_NOT_VALID",
        )
    return login
