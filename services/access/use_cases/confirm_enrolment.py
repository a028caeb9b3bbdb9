"""Enrols an authenticator by its first code."""

from typing import Final

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from services.access.domain.account import AuthenticatorEnrolled
from services.access.domain.authenticator import step_of
from services.access.domain.roles import SECOND_FACTOR
from services.access.use_cases.authenticate import SIGN_IN_SERVICE, Known, Offered, SignInParts, authenticate
from services.access.use_cases.begin_session import NewSession, begin_session

METHOD: Final = SIGN_IN_SERVICE + "ConfirmEnrolment"


class EnrolmentNotConfirmed(RuleBroken):
    """No secret was asked for, or the code is none of it."""

    reason = "ENROLMENT_NOT_CONFIRMED"

    def __init__(self) -> None:
        super().__init__(
            "That is no code of the new authenticator. See that its clock is right, or begin to enrol anew."
        )


async def confirm_enrolment(offered: Offered, new_code: str, parts: SignInParts) -> NewSession:
    """Enrols the authenticator whose secret was asked for last, and begins a session with a second factor.

    Sessions that began without it end.

    Raises:
        SignInRefused, TooManyTries, NoPlace: see `authenticate`.
        EnrolmentNotConfirmed: the code does not fit; the secret still waits.
    """

    async def act(tx: Transaction, known: Known) -> NewSession | EnrolmentNotConfirmed:
        secret, account, now = known.credential.new_authenticator, known.account, await tx.now()
        step = step_of(new_code, secret, now, None) if secret else None
        if step is None:
            return EnrolmentNotConfirmed()
        await parts.credentials.enrol_authenticator(tx, account.principal_id, step)
        await parts.sessions.end_all(tx, account.principal_id)
        tx.publish(account.tell(AuthenticatorEnrolled))
        await parts.accounts.save(tx, account, now)
        return await begin_session(
            tx, account, SECOND_FACTOR, offered.device_token, parts.sessions, parts.limits
        )

    return await authenticate(offered, METHOD, parts, act)
