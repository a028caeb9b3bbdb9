"""The console where it speaks for itself: for whoever stands before its pages and has no account."""

from typing import Final

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.errors import NotFound
from kernel.ids import BeneficiaryId

_CONSOLE: Final = Caller.of_service("console")

# ends with the transaction, as app.agency does
_OPEN: Final = "select set_config('app.letterbox', 'true', true)"


def is_the_public(caller: Caller) -> bool:
    """Whether nobody whom the hub knows stands behind the call."""
    return caller.is_internal and caller.issuer == _CONSOLE.issuer


async def open_letterbox(tx: Transaction, person: BeneficiaryId | None) -> None:
    """Lets the public put something in, about nobody on record; reading stays closed.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: it names a person, and whoever it is, the public knows of none.
    """
    if person is not None:
        raise NotFound("There is no such person that you may see.", reason="BENEFICIARY_NOT_FOUND")
    await tx.connection.execute(_OPEN)
