"""How much of the directory row-level security shows to a transaction."""

from enum import StrEnum

from chassis.postgres import Transaction


class Sight(StrEnum):
    """What a use case has found the caller to be; without any, services for named staff stay unseen."""

    NAMED_STAFF = "named_staff"
    WHOLE = "all"


async def see(tx: Transaction, sight: Sight) -> None:
    """Widens what this transaction sees until it ends. The hub's own transactions see everything anyway."""
    if not tx.caller.is_internal:
        await tx.connection.execute(f"select set_config('app.directory', '{sight.value}', true)")
