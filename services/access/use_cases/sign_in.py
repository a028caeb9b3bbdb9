"""Begins a session by login, password and code."""

from typing import Final

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from services.access.use_cases.authenticate import SIGN_IN_SERVICE, Known, Offered, SignInParts, authenticate
from services.access.use_cases.begin_session import NewSession, begin_session

METHOD: Final = SIGN_IN_SERVICE + "SignIn"


class PasswordMustBeChanged(RuleBroken):
    """A one-time password opens nothing but its own change."""

    reason = "PASSWORD_MUST_BE_CHANGED"

    def __init__(self) -> None:
        super().__init__("This password was for one use: choose your own now (ChangePassword), then sign in.")


async def sign_in(offered: Offered, parts: SignInParts) -> NewSession:
    """Signs somebody in.

    Raises:
        SignInRefused, TooManyTries, NoPlace: see `authenticate`.
        PasswordMustBeChanged: the password was right, and is a one-time password.
    """

    async def act(tx: Transaction, known: Known) -> NewSession | PasswordMustBeChanged:
        if known.credential.is_one_time:
            return PasswordMustBeChanged()
        return await begin_session(
            tx, known.account, known.acr, offered.device_token, parts.sessions, parts.limits
        )

    return await authenticate(offered, METHOD, parts, act)
