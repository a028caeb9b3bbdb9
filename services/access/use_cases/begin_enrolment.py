"""Makes the secret of a new authenticator."""

import os
from typing import Final

from chassis.postgres import Transaction
from services.access.domain.authenticator import SECRET_BYTES, otpauth_uri
from services.access.use_cases.authenticate import SIGN_IN_SERVICE, Known, Offered, SignInParts, authenticate
from services.access.use_cases.sign_in import PasswordMustBeChanged

METHOD: Final = SIGN_IN_SERVICE + "BeginEnrolment"


async def begin_enrolment(offered: Offered, parts: SignInParts) -> str:
    """Answers the otpauth URI, this once; the present authenticator holds until the new one has shown a code.

    Raises:
        SignInRefused, TooManyTries, NoPlace: see `authenticate`.
        PasswordMustBeChanged: first.
    """
    secret = os.urandom(SECRET_BYTES)

    async def act(tx: Transaction, known: Known) -> str | PasswordMustBeChanged:
        if known.credential.is_one_time:
            return PasswordMustBeChanged()
        await parts.credentials.offer_authenticator(tx, known.account.principal_id, secret)
        return otpauth_uri(secret, known.account.login)

    return await authenticate(offered, METHOD, parts, act)
