"""Sets a password that the person has chosen."""

from typing import Final

from chassis.postgres import Transaction
from services.access.domain.account import PasswordChanged
from services.access.domain.password import PasswordTooWeak, plain_password, require_strong
from services.access.use_cases.authenticate import SIGN_IN_SERVICE, Known, Offered, SignInParts, authenticate

METHOD: Final = SIGN_IN_SERVICE + "ChangePassword"


async def change_password(offered: Offered, new_password: str, parts: SignInParts) -> None:
    """Changes it and ends all sessions: whoever else was in is out. Known devices stay known.

    Raises:
        SignInRefused, TooManyTries, NoPlace: see `authenticate`.
        PasswordTooWeak: told only to who knew the present password; nothing was changed.
    """
    plain = plain_password(new_password)

    async def act(tx: Transaction, known: Known) -> PasswordTooWeak | None:
        account = known.account
        try:
            require_strong(plain, login=account.login, display_name=account.display_name)
            if plain == plain_password(offered.password):
                raise PasswordTooWeak("The new password is the present one; choose another.")
        except PasswordTooWeak as weak:
            return weak
        # the account is held meanwhile, for a tenth of a second: nobody else makes the hub compute this
        password_hash = await known.place.hash(plain)
        await parts.credentials.set_password(tx, account.principal_id, password_hash)
        await parts.sessions.end_all(tx, account.principal_id)
        tx.publish(account.tell(PasswordChanged))
        await parts.accounts.save(tx, account, await tx.now())
        return None

    await authenticate(offered, METHOD, parts, act)
