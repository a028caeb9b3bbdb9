"""Lists agencies."""

from chassis.postgres import Transaction
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.domain.directory import Agency


async def list_agencies(
    code: str, after: str, limit: int, tx: Transaction, stores: DirectoryStores
) -> tuple[list[Agency], int]:
    """A page by code, and how many there are in all; `code` empty: all."""
    return await stores.agencies.page(tx, code=code, after=after, limit=limit)
