"""Says who works for the caller's agency."""

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.errors import NotPermitted
from kernel.ids import AgencyId, PrincipalId
from services.access.adapters.postgres_accounts import PostgresAccounts
from services.access.domain.account import Account
from services.access.use_cases.authenticate import SERVICE


async def list_colleagues(
    after: PrincipalId | None, limit: int, method: str, tx: Transaction, accounts: PostgresAccounts
) -> tuple[list[Account], bool]:
    """A page of them, by id, and whether there are more; whose names were shown is on record.

    Raises:
        NotPermitted: NO_AGENCY.
    """
    if tx.caller.agency_id is None:
        raise NotPermitted("You act for no agency, so you have no colleagues to list.", reason="NO_AGENCY")
    found = await accounts.colleagues(tx, AgencyId(tx.caller.agency_id), after, limit + 1)
    shown = found[:limit]
    tx.record_access(AccessRecord(SERVICE, method, [one.principal_id for one in shown]))
    return shown, len(found) > limit
