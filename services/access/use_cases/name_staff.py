"""Says who somebody is whom the ledger knows by a random id only."""

from collections.abc import Sequence

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.errors import NotPermitted
from kernel.ids import PrincipalId
from services.access.adapters.postgres_accounts import PostgresAccounts
from services.access.domain.account import Account
from services.access.use_cases.authenticate import SERVICE


async def name_staff(
    principal_ids: Sequence[PrincipalId], method: str, tx: Transaction, accounts: PostgresAccounts
) -> list[Account]:
    """Those of them who have an account, by id; that they were looked up is on record.

    Args:
        tx: on the whole hub's accounts.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
    """
    if tx.caller.agency_id is not None:
        raise NotPermitted(
            "Only an auditor of the hub itself may do this; you act for an agency.", reason="HUB_OFFICER_ONLY"
        )
    named = await accounts.named(tx, principal_ids)
    tx.record_access(AccessRecord(SERVICE, method, [one.principal_id for one in named]))
    return named
